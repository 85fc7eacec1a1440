import type { Clock } from '@evertoken/client';
import type { Log } from '@evertoken/service';
import type { AppDirectory } from '../apps/app-directory.ts';
import type { AppUses } from '../apps/app-uses.ts';
import type { AuditTrail } from '../apps/audit/audit-trail.ts';
import type { RateLimits } from '../apps/rate-limits.ts';
import type { RequestPath } from '../apps/request-path.ts';
import type { TokenBook } from '../tokens/token-book.ts';
import type { Exchange } from './exchange.ts';
import type { Metrics } from './metrics/metrics.ts';

/** One way in which programs get at tokens over HTTP. */
export interface Door {
  /** Name in metrics. */
  readonly name: 'token_endpoint' | 'token_api' | 'proxy' | 'health' | 'status_page';
  /** How its errors are told: as problem details (RFC 9457) or as OAuth errors (RFC 6749 §5.2). */
  readonly errorForm: 'problem' | 'oauth';
  /** Whether tokens come out of it, which are not to go through another proxy. */
  readonly givesTokens: boolean;
  /** Whether bodies stream through it, however long; else they are short. */
  readonly isStreaming: boolean;
  /** Whether pages of this very origin may use it, and links may lead to it: it judges their sessions itself. No other door is for browsers. */
  readonly isPage?: true;
  /** Whether a request for this path is its to answer. */
  answers(path: RequestPath): boolean;
  /** Answers, at once where nothing has to be waited for. @throws {Refusal} at once or later, which is told in the door's form. */
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
  readonly metrics: Metrics;
  readonly clock: Clock;
}
