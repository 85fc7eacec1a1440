/** How an issuer that is down fails. */
export type OutageKind =
  | 'refuses connections'
  | 'hangs'
  | 'answers 500'
  | 'answers 503'
  | 'answers 200 with HTML'
  | 'answers 200 with nothing';

/** How an issuer says for how long it wants to be left alone with its 429. */
export type RateLimitKind = 'Retry-After' | 'Retry-After as a date' | 'X-RateLimit-Reset' | 'no header';

/** How an issuer tells a token's lifetime. */
export type LifetimeTold = 'number' | 'string' | 'nowhere' | 'in the JWT';

/**
 * How a secret is rotated: the new one is known to the client before (alone, or beside one that is never valid), while both are valid, or only after the
 * old one ended.
 */
export type RotationWay = 'known before' | 'known among three' | 'while both are valid' | 'too late';

/** What becomes of the store: each operation rejects, each takes some seconds, or all that was in it is gone. */
export type StoreTrouble = 'fails' | 'is slow' | 'forgets';

export type IssuerName = 'A' | 'B';

/** What happens to one issuer. */
interface AtIssuer {
  readonly issuer: IssuerName;
}

/** What happens to one token: its place in the script's list, over again from the first beyond the last. */
interface OfToken {
  readonly token: number;
}

/** One thing that happens; times in ms. */
export type Happening =
  | (AtIssuer & { readonly kind: 'outage'; readonly how: OutageKind; readonly forMs: number })
  | (AtIssuer & { readonly kind: 'latency'; readonly latencyMs: number; readonly forMs: number })
  | (AtIssuer & { readonly kind: 'rate limit'; readonly how: RateLimitKind; readonly seconds: number; readonly forMs: number })
  | (AtIssuer & { readonly kind: 'quota'; readonly remaining: number; readonly resetSeconds: number; readonly forMs: number })
  | (AtIssuer & { readonly kind: 'same token'; readonly forMs: number })
  | (AtIssuer & { readonly kind: 'issuer clock'; readonly byMs: number })
  | (OfToken & { readonly kind: 'lifetime'; readonly seconds: number; readonly told: LifetimeTold; readonly tokens: number })
  | (OfToken & { readonly kind: 'rotation'; readonly way: RotationWay; readonly stepMs: number })
  | (OfToken & { readonly kind: 'no secret'; readonly forMs: number })
  | (OfToken & { readonly kind: 'revocation'; readonly callers: number; readonly times: number; readonly everyMs: number })
  | (OfToken & { readonly kind: 'rejections'; readonly callers: number; readonly times: number; readonly everyMs: number })
  /** `abortMs` is how long the callers wait before they give up; 0: they do not. */
  | (OfToken & { readonly kind: 'burst'; readonly callers: number; readonly minTtlSeconds: number; readonly abortMs: number })
  | (OfToken & { readonly kind: 'close'; readonly forMs: number })
  | { readonly kind: 'rush'; readonly callers: number }
  | { readonly kind: 'store'; readonly how: StoreTrouble; readonly forMs: number }
  | { readonly kind: 'clock'; readonly byMs: number }
  | { readonly kind: 'sleep'; readonly forMs: number }
  | { readonly kind: 'restart'; readonly isStoreLost: boolean };

/** A happening at its true time since the start, ms. */
export type Dated = Happening & { readonly at: number };

/** One of the tokens that are kept. */
export interface TokenScript {
  readonly issuer: IssuerName;
  readonly isDeclared: boolean;
  /** A secret in the options, one that is read from a source at each mint, or a signed assertion. */
  readonly proof: 'secret' | 'secret source' | 'assertion';
  readonly lifetimeSeconds: number;
  readonly told: LifetimeTold;
  /** A caller comes this often; undefined: only happenings bring callers. */
  readonly readEveryMs: number | undefined;
}

/** All that a simulated year depends on: the same script gives the same year. */
export interface YearScript {
  /** Of the keeper's random numbers. */
  readonly seed: number;
  readonly days: number;
  readonly latencyMs: number;
  readonly schedule: 'timer' | 'on-access';
  readonly maxSleepMs: number;
  /** Undefined: the keeper has none. */
  readonly store: 'memory' | undefined;
  readonly maxUndeclared: number;
  readonly maxMintsPerDay: number;
  readonly tokens: readonly TokenScript[];
  readonly happenings: readonly Dated[];
}
