import type { QuotaStanding, TokenStanding } from '@evertoken/agent/contract';
import { type Signal, useComputed } from '@preact/signals';
import { Fact } from '../parts/fact.tsx';
import { now } from '../parts/ticking.ts';
import { distanceWords, momentWords } from '../parts/time-words.ts';

/** What is known of a token, but for its life. */
export function TokenFacts({ token }: { token: Signal<TokenStanding> }) {
  const { held, audience, issuer, organization, lastMint, waiters, quota, apiLimit } = token.value;
  return (
    <dl class="facts">
      <Fact name="Next mint">
        <NextMint token={token} />
      </Fact>
      <Fact name="Fingerprint">{held === null ? 'none' : <code>{held.fingerprint}</code>}</Fact>
      <Fact name="For">
        {audience ?? 'whatever the issuer takes it to be for'}
        {organization !== null && <>, organization {organization}</>}
      </Fact>
      <Fact name="Issuer">{issuer}</Fact>
      {held !== null && (
        <Fact name="Scope">
          <Scope scope={held.scope} />
        </Fact>
      )}
      {lastMint !== null && (
        <Fact name="Came">
          {lastMint.from === 'issuer' ? `from the issuer, within ${lastMint.durationMs} ms` : 'from the store'}
          {lastMint.by !== null && `, minted by ${lastMint.by}`}
        </Fact>
      )}
      {waiters > 0 && <Fact name="Waiting">{waiters} callers</Fact>}
      {quota.map((bucket) => (
        <Fact key={`${bucket.owner} ${bucket.bucket}`} name={`Quota ${bucket.bucket.replaceAll('_', ' ')}`}>
          <Quota bucket={bucket} />
        </Fact>
      ))}
      {apiLimit !== null && (
        <Fact name="Rate limit of the API">
          <Left of={apiLimit.limit} left={apiLimit.remaining} /> left
        </Fact>
      )}
    </dl>
  );
}

function NextMint({ token }: { token: Signal<TokenStanding> }) {
  const { nextMintAt, isMinting } = token.value;
  const distance = useComputed(() => distanceWords(token.value.nextMintAt ?? 0, now.value));
  if (isMinting) return <>under way</>;
  if (nextMintAt === null) return <>not planned</>;
  return (
    <>
      {distance} <span class="quiet">({momentWords(nextMintAt, now.peek())})</span>
    </>
  );
}

/** Scopes beyond the first few are in the way until somebody wants them. */
function Scope({ scope }: { scope: string | null }) {
  const scopes = scope?.split(' ') ?? [];
  if (scopes.length === 0) return <>all that is granted</>;
  if (scopes.length <= 3) return <>{scopes.join(' ')}</>;
  return (
    <details class="scopes">
      <summary>
        {scopes.slice(0, 2).join(' ')} and {scopes.length - 2} more
      </summary>
      {scopes.slice(2).join(' ')}
    </details>
  );
}

function Quota({ bucket }: { bucket: QuotaStanding }) {
  return (
    <>
      <Left of={bucket.quota} left={bucket.remaining} /> left to the {bucket.owner}, full again {distanceWords(bucket.resetsAt, now.value)}
    </>
  );
}

function Left({ of, left }: { of: number; left: number }) {
  const isLow = left < Math.max(3, of / 10);
  return (
    <span class={isLow ? 'low' : ''}>
      {left} of {of}
      {isLow && ' (nearly used up)'}
    </span>
  );
}
