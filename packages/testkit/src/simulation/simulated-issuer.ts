import type { Fetch } from '@evertoken/client';
import type { Instant, WorldTime } from './world-time.ts';
import type { Happening, LifetimeTold } from './year-script.ts';

/** A token as the issuer handed it out. */
export interface Delivery {
  readonly value: string;
  /** When it really ends, true ms. */
  readonly endTrueMs: number;
  /** The lifetime that the client can know of, ms. */
  readonly toldMs: number;
  /** When it was asked for. */
  readonly asked: Instant;
}

/** What came of one request. */
export type Outcome =
  | { readonly kind: 'token'; readonly delivery: Delivery }
  | { readonly kind: 'wrong secret' }
  | { readonly kind: 'failure'; readonly retryAfterMs?: number }
  /** The client gave up first. */
  | { readonly kind: 'cut off' };

/** What the quota headers of an answer said; undefined: no header. */
export type ToldQuota = { readonly remaining: number; readonly resetsAtWallMs: number } | undefined;

/** Who watches the issuer's door. */
export interface IssuerWatch {
  asked(secret: string): void;
  /** `quota` is null where no answer came. */
  answered(outcome: Outcome, quota: ToldQuota | null): void;
}

type Trouble = Extract<Happening, { kind: 'outage' | 'latency' | 'rate limit' | 'quota' | 'same token' }>;
type Life = { readonly seconds: number; readonly told: LifetimeTold };

interface Issued {
  readonly value: string;
  readonly endTrueMs: number;
  readonly lifetimeMs: number;
}

interface Reply {
  readonly outcome: Outcome;
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** Undefined: no answer, the connection fails. */
  readonly body?: string;
}

/** What a client assumes where nothing tells a lifetime, seconds. */
const ASSUMED_SECONDS = 300;
const QUOTA = 50;

/** An issuer without sockets: `fetch` for the client, true time of its own, troubles as they are told. */
export class SimulatedIssuer {
  /** Answers under way. */
  pending = 0;
  readonly revoked: Set<string> = new Set();
  readonly #time: WorldTime;
  readonly #watch: IssuerWatch;
  readonly #life: Life;
  readonly #latencyMs: number;
  readonly #troubles: Trouble[] = [];
  #episode: { readonly life: Life; tokens: number } | undefined;
  #last: Issued | undefined;
  #issued = 0;
  #secrets = 0;
  #valid: readonly string[] = [this.newestSecret];

  constructor(time: WorldTime, watch: IssuerWatch, life: Life, latencyMs: number) {
    this.#time = time;
    this.#watch = watch;
    this.#life = life;
    this.#latencyMs = latencyMs;
  }

  /** Trouble begins; the answer ends it. */
  begin(trouble: Trouble): () => void {
    this.#troubles.push(trouble);
    return () => this.#troubles.splice(this.#troubles.indexOf(trouble), 1);
  }

  /** The next `tokens` tokens live otherwise. */
  live(life: Life, tokens: number): void {
    this.#episode = { life, tokens };
  }

  get newestSecret(): string {
    return `secret-${this.#secrets}`;
  }

  /** Makes another secret for the client, not yet valid. */
  newSecret(): string {
    this.#secrets += 1;
    return this.newestSecret;
  }

  /** Accepts these secrets and no other. */
  accept(secrets: readonly string[]): void {
    this.#valid = secrets;
  }

  /** Whether a client with these secrets gets a token in time, whichever secret it tries first. */
  serves(secrets: readonly string[]): boolean {
    if (this.#now('outage') !== undefined || this.#now('rate limit') !== undefined) return false;
    return secrets.some((secret) => this.#valid.includes(secret)) && this.latencyMs * secrets.length < 9_500;
  }

  /** Whether it hands out a token that it handed out before. */
  get repeats(): boolean {
    return this.#now('same token') !== undefined;
  }

  get latencyMs(): number {
    return this.#now('latency')?.latencyMs ?? this.#latencyMs;
  }

  readonly fetch: Fetch = (_url, init) => {
    const secret = new URLSearchParams(String(init?.body)).get('client_secret') ?? '';
    this.#watch.asked(secret);
    const { clock } = this.#time;
    const reply = this.#replyTo(secret);
    const signal = init?.signal ?? undefined;
    this.pending += 1;
    return new Promise((resolve, reject) => {
      const end = () => {
        this.pending -= 1;
        timer?.cancel();
        signal?.removeEventListener('abort', abort);
      };
      const abort = () => {
        end();
        this.#watch.answered({ kind: 'cut off' }, null);
        reject(signal?.reason);
      };
      const answer = () => {
        end();
        const { outcome, status = 200, headers = {}, body } = reply;
        if (body === undefined) {
          this.#watch.answered(outcome, null);
          reject(new TypeError('fetch failed', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) }));
          return;
        }
        const { header, told } = this.#quota();
        this.#watch.answered(outcome, told);
        resolve(new Response(body, { status, headers: { date: this.#time.httpDate(), ...header, ...headers } }));
      };
      const timer = this.#now('outage')?.how === 'hangs' ? undefined : clock.setTimer(answer, this.latencyMs);
      signal?.addEventListener('abort', abort, { once: true });
    });
  };

  #replyTo(secret: string): Reply {
    const failure = { kind: 'failure' as const };
    switch (this.#now('outage')?.how) {
      case 'refuses connections':
      case 'hangs':
        return { outcome: failure };
      case 'answers 500':
        return { outcome: failure, status: 500, body: 'oops' };
      case 'answers 503':
        return { outcome: failure, status: 503, body: '<h1>Service unavailable</h1>', headers: { 'content-type': 'text/html' } };
      case 'answers 200 with HTML':
        return { outcome: failure, body: '<h1>Hello</h1>', headers: { 'content-type': 'text/html' } };
      case 'answers 200 with nothing':
        return { outcome: failure, body: '', headers: json };
      case undefined:
    }
    const limit = this.#now('rate limit');
    if (limit !== undefined) return this.#refuseFor(limit);
    if (!this.#valid.includes(secret)) {
      return { outcome: { kind: 'wrong secret' }, status: 401, body: JSON.stringify({ error: 'access_denied' }), headers: json };
    }
    return this.#issue();
  }

  /** The headers are made when the request comes; the `Date` they are read against is that of the same moment. */
  #refuseFor({ how, seconds }: Extract<Trouble, { kind: 'rate limit' }>): Reply {
    const asked = {
      'Retry-After': { 'retry-after': String(seconds) },
      'Retry-After as a date': { 'retry-after': this.#time.httpDate(seconds * 1000) },
      'X-RateLimit-Reset': { 'x-ratelimit-reset': String(this.#time.epochSeconds() + seconds) },
      'no header': {},
    }[how];
    const isHeard = how === 'Retry-After' || how === 'Retry-After as a date' || (how === 'X-RateLimit-Reset' && seconds <= 60);
    return {
      outcome: { kind: 'failure', ...(isHeard ? { retryAfterMs: seconds * 1000 } : {}) },
      status: 429,
      body: JSON.stringify({ error: 'too_many_requests' }),
      headers: { ...json, ...asked, date: this.#time.httpDate() },
    };
  }

  #issue(): Reply {
    const asked = this.#time.now();
    const life = this.#takeLife();
    const repeated = this.#repeatable(asked);
    // Issued while the request is on its way there: after it was asked for, before the answer arrives.
    const issuedAt = asked.trueMs + this.latencyMs / 2;
    const fresh = { value: this.#newValue(life), endTrueMs: issuedAt + life.seconds * 1000, lifetimeMs: life.seconds * 1000 };
    const token = repeated ?? fresh;
    this.#last = token;
    const leftSeconds = Math.floor(Math.min(token.lifetimeMs, token.endTrueMs - asked.trueMs) / 1000);
    // Of an old token neither its own `exp − iat` nor silence would tell how long it has left: such an issuer names it.
    const told = repeated === undefined ? life.told : 'number';
    const isSilent = told === 'nowhere' || told === 'in the JWT';
    const toldSeconds = told === 'nowhere' ? Math.min(ASSUMED_SECONDS, leftSeconds) : leftSeconds;
    const expiresIn = isSilent ? {} : { expires_in: told === 'string' ? String(leftSeconds) : leftSeconds };
    return {
      outcome: { kind: 'token', delivery: { value: token.value, endTrueMs: token.endTrueMs, toldMs: toldSeconds * 1000, asked } },
      body: JSON.stringify({ access_token: token.value, token_type: 'Bearer', ...expiresIn }),
      headers: json,
    };
  }

  /** The token handed out last, where the issuer repeats it; such issuers stop some time before its end. */
  #repeatable(now: Instant): Issued | undefined {
    if (!this.repeats || this.#last === undefined) return undefined;
    return this.#last.endTrueMs - now.trueMs > Math.max(60_000, 0.1 * this.#last.lifetimeMs) ? this.#last : undefined;
  }

  #newValue({ seconds, told }: Life): string {
    this.#issued += 1;
    if (told !== 'in the JWT') return `opaque-${this.#issued}`;
    const iat = this.#time.epochSeconds();
    return `e30.${Buffer.from(JSON.stringify({ iat, exp: iat + seconds, n: this.#issued })).toString('base64url')}.signature`;
  }

  #takeLife(): Life {
    if (this.#episode === undefined) return this.#life;
    const { life } = this.#episode;
    this.#episode.tokens -= 1;
    if (this.#episode.tokens <= 0) this.#episode = undefined;
    return life;
  }

  #quota(): { header: Record<string, string>; told: ToldQuota } {
    const quota = this.#now('quota');
    if (quota === undefined) return { header: {}, told: undefined };
    const { remaining, resetSeconds } = quota;
    return {
      header: { 'auth0-client-quota-limit': `b=per_hour;q=${QUOTA};r=${remaining};t=${resetSeconds}` },
      told: { remaining, resetsAtWallMs: this.#time.now().wallMs + resetSeconds * 1000 },
    };
  }

  #now<K extends Trouble['kind']>(kind: K): Extract<Trouble, { kind: K }> | undefined {
    return this.#troubles.findLast((trouble): trouble is Extract<Trouble, { kind: K }> => trouble.kind === kind);
  }
}

const json = { 'content-type': 'application/json' };
