import type { Log } from '@evertoken/service';
import type { Now, SetTimer } from '../clock.ts';
import type { TokenIndex } from '../issue/token-index.ts';
import { TokenSigner } from '../issue/token-signer.ts';
import type { TenantJournal } from '../log/journal-entry.ts';
import { TokenQuotas } from '../quota/token-quotas.ts';
import { openUsageCounter } from '../quota/usage-counter.ts';
import type { RateLimitPlan } from '../rate-limit/rate-limit-plan.ts';
import { RateLimits } from '../rate-limit/rate-limits.ts';
import type { TenantStore } from '../store/tenant-store.ts';
import { AssertionClaims } from './assertion-claims.ts';
import type { TokenEndpointParts } from './token-endpoint.ts';

/** Everything that the token endpoint works with. Close it before the store. */
export interface TokenService extends TokenEndpointParts {
  readonly domain: string;
  readonly store: TenantStore;
  /** Writes what is not in the store yet. */
  close(): Promise<void>;
}

/** Opens everything that the token endpoint works with. Quotas go on from what the store has counted. */
export async function openTokenService(options: {
  readonly domain: string;
  readonly issuer: string;
  readonly index: TokenIndex;
  readonly store: TenantStore;
  readonly rateLimitPlan: RateLimitPlan;
  readonly journal: TenantJournal;
  readonly log: Log;
  readonly now: Now;
  readonly setTimer: SetTimer;
}): Promise<TokenService> {
  const { domain, issuer, index, store, rateLimitPlan: plan, journal, log, now, setTimer } = options;
  const counter = await openUsageCounter({ store, now, setTimer, onFault: (err) => log.warn({ event: 'quota.unsaved', err }) });
  const assertionClaims = new AssertionClaims({ store, now, onFault: (err) => log.warn({ event: 'assertions.unpruned', err }) });
  return {
    domain,
    issuer,
    index,
    store,
    journal,
    log,
    now,
    assertionClaims,
    signer: new TokenSigner(),
    quotas: new TokenQuotas({ counter, now, journal }),
    rateLimits: new RateLimits({ plan, now, journal }),
    close: () => counter.close(),
  };
}
