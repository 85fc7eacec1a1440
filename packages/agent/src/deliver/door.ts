import type { Clock } from '@evertoken/client';
import type { Log } from '@evertoken/service';
import type { AppDirectory } from '../apps/app-directory.ts';
import type { AppUses } from '../apps/app-uses.ts';
import type { AuditEntry } from '../apps/audit/audit-entry.ts';
import type { AuditTrail } from '../apps/audit/audit-trail.ts';
import type { RateLimits } from '../apps/rate-limits.ts';
import type { RequestPath } from '../apps/request-path.ts';
import type { TokenBook } from '../tokens/token-book.ts';
import type { Exchange } from './exchange.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { UnderWay } from './under-way.ts';

/** What was asked for, as an audit line names it. */
export type AuditedAs = Pick<AuditEntry, 'event' | 'pattern'>;

/** One way in which programs get at tokens over HTTP. */
export interface Door {
  /** Name in metrics. */
  readonly name: 'token_endpoint' | 'token_api' | 'proxy' | 'health' | 'status_page';
  /** The form of its errors: problem details (RFC 9457) or OAuth errors (RFC 6749 §5.2). */
  readonly errorForm: 'problem' | 'oauth';
  /** Whether it hands out tokens. Such requests are refused where another proxy has forwarded them. */
  readonly givesTokens: boolean;
  /** Whether bodies of any length stream through it; otherwise they must be short. */
  readonly isStreaming: boolean;
  /** Whether browsers may use it: pages of the agent's own origin, and links that lead to it. Such a door checks the session itself. */
  readonly isPage?: true;
  /** Whether this door answers requests for this path. */
  answers(path: RequestPath): boolean;
  /** What the audit calls a request that never came in here; undefined for one that asks for no token and no call, and of a door that has none of these. */
  auditedAs?(method: string, path: RequestPath): AuditedAs | undefined;
  /** Answers a request; no promise means that it is answered already. A {@link Refusal} that it throws or rejects with is sent in the door's form. */
  answer(exchange: Exchange): Promise<void> | undefined;
}

/** What every door that hands something out is made of. */
export interface DoorParts {
  readonly apps: AppDirectory;
  readonly book: TokenBook;
  readonly log: Log;
  readonly audit: AuditTrail;
  readonly rates: RateLimits;
  readonly uses: AppUses;
  /** Reads that wait for a token. */
  readonly waiting: UnderWay;
  readonly metrics: Metrics;
  readonly clock: Clock;
}
