import type { Log } from '@evertoken/service';
import type { Now } from '../clock.ts';
import type { TokenIndex } from '../issue/token-index.ts';
import type { TenantJournal } from '../log/journal-entry.ts';
import type { RateLimits } from '../rate-limit/rate-limits.ts';
import type { TenantStore } from '../store/tenant-store.ts';
import type { PageCache } from './page-cache.ts';

/** What the routes of the Management API are made with. */
export interface ManageParts {
  readonly domain: string;
  /** `iss` of its tokens. */
  readonly issuer: string;
  readonly index: TokenIndex;
  readonly store: TenantStore;
  readonly now: Now;
  readonly log: Log;
  readonly journal: TenantJournal;
  readonly rateLimits: RateLimits;
  /** How long a secret that was replaced is still taken, ms. Default 30 s, during which Auth0 may take either. */
  readonly secretGraceMs?: number | undefined;
}

/** What an operation works with. */
export interface CallParts extends ManageParts {
  /** The first label of the domain, as records show it. */
  readonly tenant: string;
  readonly clientPages: PageCache;
}
