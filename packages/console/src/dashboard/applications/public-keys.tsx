import type { CredentialCreation, ShownClient, ShownCredential } from '@evertoken/tenant/contract';
import { useRef, useState } from 'preact/hooks';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { ProblemLine } from '../../parts/problem-line.tsx';
import { useAction } from '../../parts/use-action.ts';
import { useKeptKeyboard } from '../../parts/use-kept-keyboard.ts';
import { dateWords } from '../date-words.ts';
import { callApi } from '../management/management-api.ts';
import { tell } from '../management/notice.tsx';
import { keysInUse, putInUse, readApplication } from './application-keys.ts';
import { withoutSecret } from './application-settings-tab.tsx';
import { NewKeyDialog } from './new-key-dialog.tsx';

/** The public keys of an application, and which of them it proves itself with. */
export function PublicKeys({
  application,
  credentials,
  onChange,
  onReload,
}: {
  application: ShownClient;
  credentials: readonly ShownCredential[];
  onChange: (changed: ShownClient) => void;
  /** The keys are others. */
  onReload: () => void;
}) {
  const { client_id: id = '' } = application;
  const path = `/clients/${encodeURIComponent(id)}/credentials`;
  const [isAdding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<ShownCredential | undefined>();
  const { run, isBusy, problem } = useAction();
  const room = useRef<HTMLElement>(null);
  useKeptKeyboard(room);
  const inUse = keysInUse(application);
  const take = async (credential: ShownCredential): Promise<void> => {
    onChange(withoutSecret(await putInUse(id, credential.id)));
    tell('The public key is in use.');
  };
  const add = async (credential: CredentialCreation): Promise<void> => {
    const added = await callApi<ShownCredential>('POST', path, credential);
    onReload();
    try {
      const changed = withoutSecret(await putInUse(id, added.id));
      onChange(changed);
      const isInUse = keysInUse(changed) !== undefined;
      tell(isInUse ? 'The public key is added and in use.' : 'The public key is added, to be used once the method is Private Key JWT.');
    } catch (error) {
      // It is there: another try to add it would be refused.
      tell(`The public key is added, but not in use: ${(error as Error).message}`);
    }
  };
  const remove = async ({ id: credentialId }: ShownCredential): Promise<void> => {
    await callApi('DELETE', `${path}/${encodeURIComponent(credentialId)}`);
    tell('The public key is deleted.');
    onReload();
    onChange(await readApplication(id));
  };
  return (
    <section ref={room} aria-labelledby="public-keys">
      <header class="page-head">
        <h2 id="public-keys">Public Keys</h2>
        <button type="button" class="outline" onClick={() => setAdding(true)}>
          Add Public Key
        </button>
      </header>
      {inUse?.length === 0 && <p class="bad">No key is in use: the application gets no token.</p>}
      <ProblemLine text={problem} />
      {credentials.length === 0 ? (
        <p class="quiet">No public key.</p>
      ) : (
        <table class="list">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Key ID</th>
              <th scope="col">Algorithm</th>
              <th scope="col">Expires</th>
              <th scope="col">In use</th>
              <th scope="col">
                <span class="heard">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {credentials.map((credential) => {
              const { id: credentialId, name, kid, alg, expires_at: expires } = credential;
              const isInUse = inUse?.includes(credentialId) === true;
              return (
                <tr key={credentialId}>
                  <th scope="row">{name ?? credentialId}</th>
                  <td data-label="Key ID">
                    <code>{kid}</code>
                  </td>
                  <td data-label="Algorithm">{alg}</td>
                  <td data-label="Expires">{expires == null ? 'never' : dateWords(expires)}</td>
                  <td data-label="In use">{isInUse ? 'yes' : 'no'}</td>
                  <td>
                    {inUse !== undefined && !isInUse && (
                      <button
                        type="button"
                        class="small outline"
                        aria-busy={isBusy}
                        aria-disabled={isBusy}
                        onClick={() => run(() => take(credential))}
                        aria-label={`Use the key ${name ?? kid}`}
                      >
                        Use
                      </button>
                    )}{' '}
                    <button
                      type="button"
                      class="small danger outline"
                      onClick={() => setRemoving(credential)}
                      aria-label={`Delete the key ${name ?? kid}`}
                    >
                      Delete
                    </button>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      {isAdding && <NewKeyDialog onAdd={add} onClose={() => setAdding(false)} />}
      {removing !== undefined && (
        <ConfirmDialog
          title="Delete the public key?"
          action="Delete"
          isDangerous
          onClose={() => setRemoving(undefined)}
          onConfirm={() => remove(removing)}
        >
          <p>
            What is signed with the key <code>{removing.kid}</code> is not taken any more.
          </p>
          {inUse?.length === 1 && inUse[0] === removing.id && (
            <p class="bad">It is the only key in use: without it the application gets no token.</p>
          )}
        </ConfirmDialog>
      )}
    </section>
  );
}
