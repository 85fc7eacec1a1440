import type { ShownClient } from '@evertoken/tenant/contract';
import { useState } from 'preact/hooks';
import { CodeBlock } from '../../parts/code-block.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { ProblemLine } from '../../parts/problem-line.tsx';
import { useAction } from '../../parts/use-action.ts';
import { fetchSecret } from '../applications/fetch-secret.ts';
import { ChoiceField } from '../fields.tsx';
import { useAnswer } from '../management/use-answer.ts';
import { Pending } from '../page.tsx';
import { askForToken, type TokenTrial } from './ask-for-token.ts';
import { applicationToTest } from './authorized-applications.ts';
import { type Language, languages, maskedSecret, tokenRequestCode } from './token-request-code.ts';
import { TokenTrialView } from './token-trial-view.tsx';

interface Wanted {
  readonly audience: string;
  readonly clientId: string;
  readonly language: Language;
  readonly onLanguage: (language: Language) => void;
}

/**
 * The token request of one application: run here, and as a program. Another application needs another one of these, with a `key` of its own: an answer that
 * is on its way must not come to stand below another name.
 */
export function TokenTest(wanted: Wanted) {
  const { clientId } = wanted;
  const { value, problem, reload } = useAnswer(`application to test ${clientId}`, () => applicationToTest(clientId));
  if (value === undefined) return <Pending problem={problem} onRetry={reload} />;
  return isOfKeys(value) ? (
    <p class="quiet">This application proves itself with its private key, which the tenant does not have: run its program.</p>
  ) : (
    <SecretTest {...wanted} />
  );
}

const isOfKeys = ({ client_authentication_methods: methods }: ShownClient): boolean => methods !== undefined;

function SecretTest({ audience, clientId, language, onLanguage }: Wanted) {
  const [secret, setSecret] = useState<string | undefined>();
  const [trial, setTrial] = useState<TokenTrial | undefined>();
  const { run, isBusy, problem } = useAction();
  const reveal = useAction();
  const request = { url: `${location.origin}/oauth/token`, clientId, audience };
  return (
    <>
      <section aria-labelledby="ask-here">
        <h2 id="ask-here">Asking the tenant for a token</h2>
        <p class="buttons">
          <button
            type="button"
            aria-busy={isBusy}
            aria-disabled={isBusy}
            onClick={() => run(async () => setTrial(await askForToken({ ...request, clientSecret: await fetchSecret(clientId) })))}
          >
            Run Here
          </button>
        </p>
        <ProblemLine text={problem} />
        <div role="status">{trial !== undefined && <TokenTrialView trial={trial} />}</div>
      </section>
      <section aria-labelledby="ask-in">
        <h2 id="ask-in">From a program</h2>
        <ChoiceField
          label="Language"
          value={language}
          choices={languages.map((value) => ({ value, title: value }))}
          onChoose={onLanguage}
        />
        <div class="buttons">
          <button
            type="button"
            class="outline secondary"
            aria-busy={reveal.isBusy}
            aria-disabled={reveal.isBusy}
            onClick={() => (secret === undefined ? reveal.run(async () => setSecret(await fetchSecret(clientId))) : setSecret(undefined))}
          >
            {secret === undefined ? 'Reveal Client Secret' : 'Hide Client Secret'}
          </button>
          <CopyButton
            label="Copy with Client Secret"
            what={`the request in ${language}`}
            text={async () => tokenRequestCode(language, { ...request, clientSecret: secret ?? (await fetchSecret(clientId)) })}
          />
        </div>
        <ProblemLine text={reveal.problem} />
        <CodeBlock
          label={`Token request in ${language}`}
          text={tokenRequestCode(language, { ...request, clientSecret: secret ?? maskedSecret })}
        />
        <p class="quiet">
          A program must trust the certificate of this tenant: that of the local CA stands in ca.pem of its state folder. The variables by
          which curl and most languages do stand beside it, in tenant.env, or in env under <code>evertoken dev</code>:{' '}
          <code>set -a; . .evertoken/tenant.env; set +a</code>
        </p>
      </section>
    </>
  );
}
