import type { CredentialCreation, ShownClient, ShownCredential } from '@evertoken/tenant/contract';
import { useState } from 'preact/hooks';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { ChoiceField, TextField } from '../fields.tsx';
import { callApi } from '../management/management-api.ts';
import { tell } from '../management/notice.tsx';
import { useAnswer } from '../management/use-answer.ts';
import { Pending } from '../page.tsx';
import { useAction } from '../use-action.ts';
import { withoutSecret } from './application-settings-tab.tsx';

const methods = [
  { value: 'client_secret_post', title: 'Client Secret (Post)' },
  { value: 'client_secret_basic', title: 'Client Secret (Basic)' },
  { value: 'private_key_jwt', title: 'Private Key JWT' },
  { value: 'none', title: 'None' },
] as const;
type Method = (typeof methods)[number]['value'];

const methodOf = ({ client_authentication_methods: keys, token_endpoint_auth_method: method }: ShownClient): Method =>
  keys === undefined ? (method ?? 'client_secret_post') : 'private_key_jwt';

/** How an application proves itself, and its public keys. */
export function CredentialsTab({ application, onChange }: { application: ShownClient; onChange: (changed: ShownClient) => void }) {
  const { client_id: id = '' } = application;
  const path = `/clients/${encodeURIComponent(id)}`;
  const {
    value: credentials,
    problem,
    reload,
  } = useAnswer(`credentials ${id}`, () => callApi<readonly ShownCredential[]>('GET', `${path}/credentials`));
  const [method, setMethod] = useState(methodOf(application));
  const [isAdding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<ShownCredential | undefined>();
  const action = useAction();
  if (credentials === undefined) return <Pending problem={problem} onRetry={reload} />;
  const save = async (): Promise<void> => {
    const patch =
      method === 'private_key_jwt'
        ? {
            token_endpoint_auth_method: null,
            client_authentication_methods: { private_key_jwt: { credentials: credentials.map((credential) => ({ id: credential.id })) } },
          }
        : { client_authentication_methods: null, token_endpoint_auth_method: method };
    onChange(withoutSecret(await callApi<ShownClient>('PATCH', path, patch)));
    tell('The authentication method is saved.');
  };
  const isWithoutKey = method === 'private_key_jwt' && credentials.length === 0;
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          action.run(save);
        }}
      >
        <h2>Authentication Method</h2>
        <ChoiceField
          label="Method"
          value={method}
          choices={methods}
          onChoose={setMethod}
          hint={isWithoutKey ? 'Add a public key first.' : undefined}
        />
        {action.problem !== undefined && (
          <p role="alert" class="bad">
            {action.problem}
          </p>
        )}
        <div class="buttons">
          <button type="submit" disabled={action.isBusy || isWithoutKey} aria-busy={action.isBusy}>
            Save Method
          </button>
        </div>
      </form>
      <section aria-labelledby="public-keys">
        <header class="page-head">
          <h2 id="public-keys">Public Keys</h2>
          <button type="button" class="outline" onClick={() => setAdding(true)}>
            Add Public Key
          </button>
        </header>
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
                <th scope="col">
                  <span class="heard">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {credentials.map((credential) => (
                <tr key={credential.id}>
                  <th scope="row">{credential.name ?? credential.id}</th>
                  <td data-label="Key ID">
                    <code>{credential.kid}</code>
                  </td>
                  <td data-label="Algorithm">{credential.alg}</td>
                  <td data-label="Expires">{credential.expires_at == null ? 'never' : new Date(credential.expires_at).toLocaleString()}</td>
                  <td>
                    <button
                      type="button"
                      class="small danger outline"
                      onClick={() => setRemoving(credential)}
                      aria-label={`Delete the key ${credential.name ?? credential.kid}`}
                    >
                      Delete
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      {isAdding && <NewKeyDialog path={path} onClose={() => setAdding(false)} onAdded={reload} />}
      {removing !== undefined && (
        <ConfirmDialog
          title="Delete the public key?"
          action="Delete"
          isDangerous
          onClose={() => setRemoving(undefined)}
          onConfirm={async () => {
            await callApi('DELETE', `${path}/credentials/${encodeURIComponent(removing.id)}`);
            tell('The public key is deleted.');
            reload();
          }}
        >
          <p>
            What is signed with the key <code>{removing.kid}</code> is not taken any more.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}

function NewKeyDialog({ path, onClose, onAdded }: { path: string; onClose: () => void; onAdded: () => void }) {
  const [name, setName] = useState('');
  const [pem, setPem] = useState('');
  const [alg, setAlg] = useState<'RS256' | 'RS384' | 'PS256'>('RS256');
  const { run, isBusy, problem } = useAction();
  const add = async (): Promise<void> => {
    const credential: CredentialCreation = { credential_type: 'public_key', pem, alg, ...(name.trim() !== '' && { name: name.trim() }) };
    await callApi('POST', `${path}/credentials`, credential);
    tell('The public key is added.');
    onAdded();
    onClose();
  };
  return (
    <Dialog title="Add public key" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run(add);
        }}
      >
        <TextField label="Name" value={name} onInput={setName} maxLength={128} />
        <label>
          Public key or certificate
          <textarea
            class="code"
            rows={6}
            required
            spellcheck={false}
            value={pem}
            onInput={(event) => setPem(event.currentTarget.value)}
            placeholder="-----BEGIN PUBLIC KEY-----"
          />
        </label>
        <ChoiceField
          label="Algorithm"
          value={alg}
          choices={(['RS256', 'RS384', 'PS256'] as const).map((value) => ({ value, title: value }))}
          onChoose={setAlg}
        />
        {problem !== undefined && (
          <p role="alert" class="bad">
            {problem}
          </p>
        )}
        <footer class="buttons">
          <button type="button" class="secondary outline" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" aria-busy={isBusy} disabled={isBusy}>
            Add
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
