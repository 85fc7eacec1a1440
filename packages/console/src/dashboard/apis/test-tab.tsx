import type { ShownClient, ShownResourceServer } from '@evertoken/tenant/contract';
import { useState } from 'preact/hooks';
import { CodeBlock } from '../../parts/code-block.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { fetchSecret } from '../applications/fetch-secret.ts';
import { ChoiceField } from '../fields.tsx';
import { grantsOf } from '../grants/grants.ts';
import { callApi } from '../management/management-api.ts';
import { useAnswer } from '../management/use-answer.ts';
import { Pending } from '../page.tsx';
import { hrefOf } from '../route.ts';
import { useAction } from '../use-action.ts';
import { askForToken, type TokenTrial } from './ask-for-token.ts';
import { languages, maskedSecret, tokenRequestCode } from './token-request-code.ts';
import { TokenTrialView } from './token-trial-view.tsx';

// Names are read one by one: so many are worth it.
const mostNamed = 50;

/** The token request of an application for this API, in the words of many languages, and run here. */
export function TestTab({ api }: { api: ShownResourceServer }) {
  const { id = '', identifier = '' } = api;
  const { value, problem, reload } = useAnswer(`authorized for ${identifier}`, () => authorizedApplications(identifier));
  if (value === undefined) return <Pending problem={problem} onRetry={reload} />;
  if (value.length === 0) {
    return (
      <p>
        No application is authorized for this API yet. Authorize one at{' '}
        <a href={hrefOf('apis', id, 'applications')}>Machine to Machine Applications</a>.
      </p>
    );
  }
  return <TokenTest audience={identifier} applications={value} />;
}

async function authorizedApplications(audience: string): Promise<readonly ShownClient[]> {
  const grants = await grantsOf({ audience });
  const ids = grants.flatMap(({ client_id: id }) => (id === undefined ? [] : [id])).slice(0, mostNamed);
  const fields = 'client_id,name,client_authentication_methods,token_endpoint_auth_method';
  return await Promise.all(
    ids.map((id) => callApi<ShownClient>('GET', `/clients/${encodeURIComponent(id)}?fields=${fields}&include_fields=true`)),
  );
}

function TokenTest({ audience, applications }: { audience: string; applications: readonly ShownClient[] }) {
  const [clientId, setClientId] = useState(applications[0]?.client_id ?? '');
  const [language, setLanguage] = useState<(typeof languages)[number]>('cURL');
  const [secret, setSecret] = useState<string | undefined>();
  const [trial, setTrial] = useState<TokenTrial | undefined>();
  const { run, isBusy, problem } = useAction();
  const reveal = useAction();
  const application = applications.find(({ client_id: id }) => id === clientId);
  const choose = (id: string): void => {
    setClientId(id);
    setSecret(undefined);
    setTrial(undefined);
  };
  const request = { url: `${location.origin}/oauth/token`, clientId, audience };
  if (application?.client_authentication_methods !== undefined) {
    return (
      <>
        <ApplicationChoice applications={applications} clientId={clientId} onChoose={choose} />
        <p class="quiet">This application proves itself with its private key, which the tenant does not have: run its program.</p>
      </>
    );
  }
  return (
    <>
      <ApplicationChoice applications={applications} clientId={clientId} onChoose={choose} />
      <section aria-labelledby="ask-here">
        <h2 id="ask-here">Asking the tenant for a token</h2>
        <p class="buttons">
          <button
            type="button"
            aria-busy={isBusy}
            disabled={isBusy}
            onClick={() => run(async () => setTrial(await askForToken({ ...request, clientSecret: await fetchSecret(clientId) })))}
          >
            Run Here
          </button>
        </p>
        {problem !== undefined && (
          <p role="alert" class="bad">
            {problem}
          </p>
        )}
        <div role="status">{trial !== undefined && <TokenTrialView trial={trial} />}</div>
      </section>
      <section aria-labelledby="ask-in">
        <h2 id="ask-in">From a program</h2>
        <ChoiceField
          label="Language"
          value={language}
          choices={languages.map((value) => ({ value, title: value }))}
          onChoose={setLanguage}
        />
        <div class="buttons">
          <button
            type="button"
            class="small outline secondary"
            aria-pressed={secret !== undefined}
            onClick={() => (secret === undefined ? reveal.run(async () => setSecret(await fetchSecret(clientId))) : setSecret(undefined))}
          >
            {secret === undefined ? 'Reveal Client Secret' : 'Hide Client Secret'}
          </button>
          <CopyButton
            label="Copy"
            what={`the request in ${language}, with the Client Secret`}
            text={async () => tokenRequestCode(language, { ...request, clientSecret: secret ?? (await fetchSecret(clientId)) })}
          />
        </div>
        {reveal.problem !== undefined && (
          <p role="alert" class="bad">
            {reveal.problem}
          </p>
        )}
        <CodeBlock
          label={`Token request in ${language}`}
          text={tokenRequestCode(language, { ...request, clientSecret: secret ?? maskedSecret })}
        />
        <p class="quiet">A program must trust the certificate of this tenant: that of the local CA stands in ca.pem of its state folder.</p>
      </section>
    </>
  );
}

function ApplicationChoice({
  applications,
  clientId,
  onChoose,
}: {
  applications: readonly ShownClient[];
  clientId: string;
  onChoose: (id: string) => void;
}) {
  return (
    <ChoiceField
      label="Application"
      value={clientId}
      choices={applications.map(({ client_id: value = '', name }) => ({ value, title: name ?? value }))}
      onChoose={onChoose}
    />
  );
}
