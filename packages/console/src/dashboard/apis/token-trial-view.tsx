import { CodeBlock } from '../../parts/code-block.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { dateWords } from '../date-words.ts';
import type { TokenTrial } from './ask-for-token.ts';

const times = new Set(['iat', 'exp']);

/** An answer of the token endpoint: its token decoded, and never shown as it is. */
export function TokenTrialView({ trial: { status, body, token, decoded, quotas, tookMs } }: { trial: TokenTrial }) {
  return (
    <div class="trial">
      <p>
        <strong class={status === 200 ? 'good' : 'bad'}>{status === 200 ? 'A token was issued' : `Refused with status ${status}`}</strong>{' '}
        <span class="quiet">{`POST /oauth/token · ${status} · ${Math.round(tookMs)} ms`}</span>{' '}
        {token !== undefined && <CopyButton text={token} what="the access token" label="Copy token" />}
      </p>
      <div class="trial-parts">
        <JsonBlock title="Answer" value={token === undefined ? body : { access_token: '…', ...body }} />
        {decoded !== undefined && <JsonBlock title="Token header" value={decoded.header} />}
      </div>
      {decoded !== undefined && (
        <>
          <JsonBlock title="Token claims" value={decoded.claims} />
          <p class="quiet">
            {Object.entries(decoded.claims)
              .filter(([name]) => times.has(name))
              .map(([name, seconds]) => `${name}: ${dateWords(Number(seconds) * 1_000)}`)
              .join(' · ')}
          </p>
        </>
      )}
      {quotas.map(([name, standing]) => (
        <p key={name}>
          <code>{`${name}: ${standing}`}</code>
        </p>
      ))}
    </div>
  );
}

function JsonBlock({ title, value }: { title: string; value: unknown }) {
  return (
    <figure>
      <figcaption>{title}</figcaption>
      <CodeBlock label={title} text={JSON.stringify(value, undefined, 2)} />
    </figure>
  );
}
