import type { ShownResourceServer } from '@evertoken/tenant/contract';
import { useRef, useState } from 'preact/hooks';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { ProblemLine } from '../../parts/problem-line.tsx';
import { FieldProblem, useAction } from '../../parts/use-action.ts';
import { useKeptKeyboard } from '../../parts/use-kept-keyboard.ts';
import { TextField } from '../fields.tsx';
import { callApi } from '../management/management-api.ts';
import { tell } from '../management/notice.tsx';
import { hrefOf } from '../route.ts';
import { useDraft } from '../use-draft.ts';

/** A permission as it is being typed. */
interface NewPermission {
  readonly value: string;
  readonly description: string;
}

/** The permissions (scopes) that an API has. */
export function PermissionsTab({ api, onChange }: { api: ShownResourceServer; onChange: (changed: ShownResourceServer) => void }) {
  const { id = '', identifier = '', name = identifier, scopes = [], is_system: isSystem = false } = api;
  const draft = useDraft<NewPermission>(hrefOf('apis', id, 'permissions'), `${name}: Permissions`);
  const { value = '', description = '' } = draft.fields;
  const [removing, setRemoving] = useState<string | undefined>();
  const { run, isBusy, problem, problemAt } = useAction();
  const room = useRef<HTMLElement>(null);
  useKeptKeyboard(room);
  const path = `/resource-servers/${encodeURIComponent(id)}`;
  // To those that there are now: others may have changed them since the page was opened, and all of them are written.
  const write = async (change: (present: typeof scopes) => typeof scopes): Promise<void> => {
    const present = await callApi<ShownResourceServer>('GET', path);
    onChange(present);
    onChange(await callApi<ShownResourceServer>('PATCH', path, { scopes: change(present.scopes ?? []) }));
  };
  const add = async (): Promise<void> => {
    const permission = { value: value.trim(), ...(description.trim() !== '' && { description: description.trim() }) };
    await write((present) => {
      if (present.some((other) => other.value === permission.value)) {
        throw new FieldProblem('value', 'The API has this permission already.');
      }
      return [...present, permission];
    });
    tell(
      <>
        The permission <bdi>{value.trim()}</bdi> is added.
      </>,
    );
    draft.drop(draft.fields);
  };
  return (
    <>
      {!isSystem && (
        <form
          class="in-a-row"
          onSubmit={(event) => {
            event.preventDefault();
            run(add);
          }}
        >
          <h2>Add a Permission</h2>
          <TextField
            label="Permission"
            value={value}
            onInput={(next) => draft.type('value', next, '')}
            problem={problemAt('value')}
            required
            maxLength={280}
            placeholder="read:orders"
          />
          <TextField
            label="Description"
            value={description}
            onInput={(next) => draft.type('description', next, '')}
            maxLength={500}
            placeholder="Read orders"
          />
          <button type="submit" aria-busy={isBusy} aria-disabled={isBusy}>
            Add
          </button>
          <ProblemLine text={problem} />
        </form>
      )}
      <section ref={room} aria-labelledby="permissions">
        <h2 id="permissions">Permissions</h2>
        {scopes.length === 0 ? (
          <p class="quiet">The API has no permissions.</p>
        ) : (
          <table class="list">
            <thead>
              <tr>
                <th scope="col">Permission</th>
                <th scope="col">Description</th>
                {!isSystem && (
                  <th scope="col">
                    <span class="heard">Actions</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {scopes.map((scope) => (
                <tr key={scope.value}>
                  <th scope="row">
                    <code>{scope.value}</code>
                  </th>
                  <td data-label="Description">{scope.description ?? '–'}</td>
                  {!isSystem && (
                    <td>
                      <button
                        type="button"
                        class="small danger outline"
                        onClick={() => setRemoving(scope.value)}
                        aria-label={`Remove the permission ${scope.value}`}
                      >
                        Remove
                      </button>
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      {removing !== undefined && (
        <ConfirmDialog
          title="Remove the permission?"
          action="Remove"
          isDangerous
          onClose={() => setRemoving(undefined)}
          onConfirm={async () => {
            await write((present) => present.filter((scope) => scope.value !== removing));
            tell(
              <>
                The permission <bdi>{removing}</bdi> is removed.
              </>,
            );
          }}
        >
          <p>
            No token will have <code>{removing}</code> any more.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}
