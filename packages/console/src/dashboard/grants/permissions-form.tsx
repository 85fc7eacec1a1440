import type { ShownClientGrant } from '@evertoken/tenant/contract';
import { useState } from 'preact/hooks';
import { ProblemLine } from '../../parts/problem-line.tsx';
import { useAction } from '../../parts/use-action.ts';
import { TextField } from '../fields.tsx';
import { permit } from './grants.ts';

// So many are found without a filter.
const fewScopes = 12;

/** The permissions of an API, each given to the application or not. */
export function PermissionsForm({
  title,
  scopes,
  grant,
  onSaved,
}: {
  title: string;
  scopes: readonly { readonly value: string; readonly description?: string | undefined }[];
  grant: ShownClientGrant;
  onSaved: (grant: ShownClientGrant) => void;
}) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(grant.scope));
  const [filter, setFilter] = useState('');
  const { run, isBusy, problem } = useAction();
  if (grant.allow_all_scopes === true) return <p class="quiet">This grant has every permission that the API has, also those to come.</p>;
  if (scopes.length === 0) return <p class="quiet">The API has no permissions. Add them at its Permissions tab.</p>;
  const shown = scopes.filter(({ value }) => value.toLowerCase().includes(filter.trim().toLowerCase()));
  const turn = (values: readonly string[], isOn: boolean): void => {
    const next = new Set(chosen);
    for (const value of values) {
      if (isOn) next.add(value);
      else next.delete(value);
    }
    setChosen(next);
  };
  const values = shown.map(({ value }) => value);
  return (
    <form
      class="permissions"
      onSubmit={(event) => {
        event.preventDefault();
        run(async () => {
          const saved = await permit(grant, chosen, scopes);
          setChosen(new Set(saved.scope));
          onSaved(saved);
        });
      }}
    >
      {scopes.length > fewScopes && <TextField label="Filter permissions" type="search" value={filter} onInput={setFilter} />}
      <fieldset>
        <legend>
          Permissions of <bdi>{title}</bdi>: {chosen.size} of {scopes.length}
        </legend>
        <p class="buttons">
          <button type="button" class="small outline secondary" onClick={() => turn(values, true)}>
            All
          </button>
          <button type="button" class="small outline secondary" onClick={() => turn(values, false)}>
            None
          </button>
        </p>
        <div class="scopes">
          {shown.map(({ value, description }) => (
            <label key={value} title={description}>
              <input type="checkbox" checked={chosen.has(value)} onChange={(event) => turn([value], event.currentTarget.checked)} />
              <code>{value}</code>
            </label>
          ))}
        </div>
      </fieldset>
      <ProblemLine text={problem} />
      <div class="buttons">
        <button type="submit" class="small" aria-busy={isBusy} aria-disabled={isBusy}>
          Update
        </button>
      </div>
    </form>
  );
}
