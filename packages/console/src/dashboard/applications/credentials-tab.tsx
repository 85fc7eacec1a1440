import type { ShownClient, ShownCredential } from '@evertoken/tenant/contract';
import { useState } from 'preact/hooks';
import { ProblemLine } from '../../parts/problem-line.tsx';
import { useAction } from '../../parts/use-action.ts';
import { ChoiceField } from '../fields.tsx';
import { sayAt } from '../management/api-problem.ts';
import { callApi } from '../management/management-api.ts';
import { tell } from '../management/notice.tsx';
import { useAnswer } from '../management/use-answer.ts';
import { Pending } from '../page.tsx';
import { proveWithKeys } from './application-keys.ts';
import { withoutSecret } from './application-settings-tab.tsx';
import { PublicKeys } from './public-keys.tsx';

const methods = [
  { value: 'client_secret_post', title: 'Client Secret (Post)' },
  { value: 'client_secret_basic', title: 'Client Secret (Basic)' },
  { value: 'private_key_jwt', title: 'Private Key JWT' },
  { value: 'none', title: 'None' },
] as const;
type Method = (typeof methods)[number]['value'];

const noProof = 'An application that has tokens for itself (grant type client_credentials) must prove itself: choose another method.';

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
  const action = useAction();
  if (credentials === undefined) return <Pending problem={problem} onRetry={reload} />;
  const save = async (): Promise<void> => {
    const changed =
      method === 'private_key_jwt'
        ? await proveWithKeys(id)
        : await callApi<ShownClient>('PATCH', path, { client_authentication_methods: null, token_endpoint_auth_method: method }).catch(
            sayAt('method', method === 'none' ? { invalid_body: noProof } : {}),
          );
    onChange(withoutSecret(changed));
    // Those that it proves itself with may be others than are shown.
    reload();
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
          problem={action.problemAt('method')}
          hint={isWithoutKey ? 'Add a public key first.' : undefined}
        />
        <ProblemLine text={action.problem} />
        <div class="buttons">
          <button type="submit" disabled={isWithoutKey} aria-busy={action.isBusy} aria-disabled={action.isBusy}>
            Save Method
          </button>
        </div>
      </form>
      <PublicKeys application={application} credentials={credentials} onChange={onChange} onReload={reload} />
    </>
  );
}
