import type { ResourceServerPatch, ShownResourceServer } from '@evertoken/tenant/contract';
import { useState } from 'preact/hooks';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { ProblemLine } from '../../parts/problem-line.tsx';
import { useAction } from '../../parts/use-action.ts';
import { ChoiceField, FixedField, NameField, SecretField, TextField } from '../fields.tsx';
import { callApi } from '../management/management-api.ts';
import { tell } from '../management/notice.tsx';
import { goTo, hrefOf } from '../route.ts';
import { UnsavedLine } from '../unsaved-line.tsx';
import { useDraft } from '../use-draft.ts';
import { forgetRecord } from '../use-record.ts';
import { dialects, signingAlgorithms } from './signing-algorithms.ts';

/** What of an API is changed by hand. */
interface ApiSettings {
  readonly name: string;
  readonly lifetime: string;
  readonly alg: NonNullable<ShownResourceServer['signing_alg']>;
  readonly dialect: NonNullable<ShownResourceServer['token_dialect']>;
}

/** Identifier, and how the tokens of the API are. */
export function ApiSettingsTab({ api, onChange }: { api: ShownResourceServer; onChange: (changed: ShownResourceServer) => void }) {
  const { id = '', identifier = '', is_system: isSystem = false } = api;
  const draft = useDraft<ApiSettings>(hrefOf('apis', id, 'settings'), api.name ?? identifier);
  const { fields: typed } = draft;
  const saved = settingsOf(api);
  const { name, lifetime, alg, dialect } = { ...saved, ...typed };
  const [isDeleting, setDeleting] = useState(false);
  const { run, isBusy, problem } = useAction();
  const path = `/resource-servers/${encodeURIComponent(id)}`;
  const save = async (): Promise<void> => {
    // No other: someone may have changed the rest since the page was opened.
    const patch: ResourceServerPatch = {
      ...(typed.name !== undefined && { name: typed.name.trim() }),
      ...(typed.lifetime !== undefined && { token_lifetime: Number(typed.lifetime) }),
      ...(typed.alg !== undefined && { signing_alg: typed.alg }),
      ...(typed.dialect !== undefined && { token_dialect: typed.dialect }),
    };
    onChange(await callApi<ShownResourceServer>('PATCH', path, patch));
    // Unless more was typed meanwhile.
    draft.drop(typed);
    tell('The settings are saved. Tokens from now on follow them.');
  };
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run(save);
        }}
      >
        <h2>General Settings</h2>
        <FixedField label="Id" value={id} />
        {isSystem ? (
          <FixedField label="Name" value={name} />
        ) : (
          <NameField value={name} onInput={(next) => draft.type('name', next, saved.name)} maxLength={200} />
        )}
        <FixedField label="Identifier" value={identifier} hint="The audience of token requests. It cannot be changed." />
        <h2>Access Token Settings</h2>
        <TextField
          label="Maximum Access Token Lifetime (Seconds)"
          type="number"
          min={0}
          max={2_592_000}
          required
          value={lifetime}
          onInput={(next) => draft.type('lifetime', next, saved.lifetime)}
          hint="86 400 is a day; at most 2 592 000, 30 days."
        />
        {!isSystem && (
          <>
            <ChoiceField
              label="Signing Algorithm"
              value={alg}
              choices={signingAlgorithms}
              onChoose={(next) => draft.type('alg', next, saved.alg)}
            />
            <ChoiceField
              label="JSON Web Token (JWT) Profile"
              value={dialect}
              choices={dialects}
              onChoose={(next) => draft.type('dialect', next, saved.dialect)}
            />
          </>
        )}
        {api.signing_alg === 'HS256' && (
          <SecretField
            label="Signing Secret"
            fetchSecret={async () => (await callApi<ShownResourceServer>('GET', path)).signing_secret ?? ''}
          />
        )}
        <ProblemLine text={problem} />
        <div class="buttons">
          <button type="submit" aria-busy={isBusy} aria-disabled={isBusy}>
            Save Changes
          </button>
          <UnsavedLine draft={draft} />
        </div>
      </form>
      {!isSystem && (
        <section class="danger-zone" aria-labelledby="danger-zone">
          <h2 id="danger-zone">Danger Zone</h2>
          <p>
            <button type="button" class="danger outline" onClick={() => setDeleting(true)}>
              Delete API
            </button>{' '}
            The grants on it go with it.
          </p>
        </section>
      )}
      {isDeleting && (
        <ConfirmDialog
          title="Delete the API?"
          action="Delete"
          isDangerous
          onClose={() => setDeleting(false)}
          onConfirm={() => callApi('DELETE', path).then(() => forgetRecord(hrefOf('apis', id)))}
          onDone={() => goTo('apis')}
        >
          <p>
            <strong>{api.name}</strong> (<code>{identifier}</code>) and all grants on it are removed for good. No application gets a token
            for it any more.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}

function settingsOf(api: ShownResourceServer): ApiSettings {
  const { name = '', token_lifetime: lifetime = 86_400, signing_alg: alg = 'RS256', token_dialect: dialect = 'access_token' } = api;
  return { name, lifetime: String(lifetime), alg, dialect };
}
