import type { Now } from '../clock.ts';
import type { TenantJournal } from '../log/journal-entry.ts';
import { type ApiLimits, type AuthenticationEndpoint, limitsOf, type ManagementEndpoint, type RateLimitPlan } from './rate-limit-plan.ts';
import { type BucketStanding, TokenBucket } from './token-bucket.ts';

/** What becomes of one request. */
export interface RateLimitRuling {
  /** Of the bucket that is nearest to its end; for the headers `X-RateLimit-*`, which every answer has. */
  readonly standing: BucketStanding;
  /** Message of the 429, undefined where the request may go on. */
  readonly refused: string | undefined;
}

/** The rate limits of a tenant, counted by this process alone. */
export class RateLimits {
  readonly #plan: RateLimitPlan;
  readonly #now: Now;
  readonly #authentication: ApiBuckets<AuthenticationEndpoint>;
  readonly #management: ApiBuckets<ManagementEndpoint>;

  constructor({ plan, now, journal }: { plan: RateLimitPlan; now: Now; journal: TenantJournal }) {
    this.#plan = plan;
    this.#now = now;
    const { authentication, management } = limitsOf(plan === 'off' ? 'enterprise' : plan);
    this.#authentication = new ApiBuckets('Authentication API', authentication, journal);
    this.#management = new ApiBuckets('Management API', management, journal);
  }

  /** Counts one request to the Authentication API. */
  authentication(endpoint: AuthenticationEndpoint): RateLimitRuling {
    return this.#plan === 'off' ? this.#unlimited(100) : this.#authentication.rule(endpoint, this.#now());
  }

  /** Counts one authenticated request to the Management API. */
  management(endpoint: ManagementEndpoint): RateLimitRuling {
    return this.#plan === 'off' ? this.#unlimited(50) : this.#management.rule(endpoint, this.#now());
  }

  // As if this were the only request of its second.
  #unlimited(limit: number): RateLimitRuling {
    return { standing: { limit, remaining: limit - 1, resetSeconds: Math.floor(this.#now() / 1000) + 1 }, refused: undefined };
  }
}

const warnBelow = 0.2;

/** The buckets of one API. */
class ApiBuckets<Endpoint extends string> {
  readonly #name: string;
  readonly #journal: TenantJournal;
  readonly #global: WatchedBucket | undefined;
  readonly #endpoints = new Map<Endpoint, WatchedBucket>();

  constructor(name: string, { global, endpoints }: ApiLimits<Endpoint>, journal: TenantJournal) {
    this.#name = name;
    this.#journal = journal;
    if (global !== undefined) this.#global = { name: 'global', bucket: new TokenBucket(global), told: 'nothing' };
    for (const [endpoint, size] of Object.entries(endpoints) as [Endpoint, TokenBucket['size']][]) {
      this.#endpoints.set(endpoint, { name: endpoint, bucket: new TokenBucket(size), told: 'nothing' });
    }
  }

  /** Takes a request out of the global bucket and that of its endpoint, or out of neither. */
  rule(endpoint: Endpoint, nowMs: number): RateLimitRuling {
    const own = this.#endpoints.get(endpoint);
    const both = [this.#global, own].filter((watched) => watched !== undefined);
    const empty = both.find(({ bucket }) => bucket.left(nowMs) < 1);
    if (empty === undefined) for (const { bucket } of both) bucket.take(nowMs);
    for (const watched of both) this.#tell(watched, nowMs, watched === empty);
    const [first, ...others] = both.map(({ bucket }) => bucket.standing(nowMs));
    const standing = others.reduce((a, b) => (a && a.remaining <= b.remaining ? a : b), first) ?? notLimited(nowMs);
    const refused = empty && (empty === this.#global ? 'Global limit has been reached' : 'Endpoint limit has been reached');
    return { standing: empty?.bucket.standing(nowMs) ?? standing, refused };
  }

  // Once each time that a bucket runs low or dry: a log line a refused request would be a flood of its own.
  #tell(watched: WatchedBucket, nowMs: number, isRefused: boolean): void {
    const { capacity } = watched.bucket.size;
    const left = watched.bucket.left(nowMs);
    const state = isRefused ? 'limit' : left < capacity * warnBelow ? 'warning' : 'nothing';
    const isNews = state === 'limit' ? watched.told !== 'limit' : state === 'warning' && watched.told === 'nothing';
    if (state === 'nothing' || isNews) watched.told = state;
    if (!isNews) return;
    this.#journal.write({
      type: state === 'limit' ? 'api_limit' : 'api_limit_warning',
      description: state === 'limit' ? `${this.#name}: limit has been reached` : `${this.#name}: more than 80% of the limit is used`,
      details: { limit: { bucket: watched.name, size: capacity, global: watched.name === 'global', usage: capacity - left } },
    });
  }
}

interface WatchedBucket {
  readonly name: string;
  readonly bucket: TokenBucket;
  told: 'nothing' | 'warning' | 'limit';
}

// An endpoint that the plan leaves alone still has the headers.
const notLimited = (nowMs: number): BucketStanding => ({ limit: 100, remaining: 99, resetSeconds: Math.floor(nowMs / 1000) + 1 });
