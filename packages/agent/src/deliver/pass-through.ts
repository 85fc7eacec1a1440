import { createHmac, randomBytes } from 'node:crypto';
import {
  type AccessToken,
  type Clock,
  defaultPolicy,
  type Fetch,
  isTokenError,
  type KeepingPolicy,
  type Random,
  TokenKeeper,
  type TokenRequest,
} from '@evertoken/client';
import { sha256Of } from '../apps/app-key.ts';
import { RateLimits } from '../apps/rate-limits.ts';
import type { ConfigPlaces, PassThroughIssuer } from '../config/agent-config.ts';
import { apiOriginOf } from '../config/issuer-address.ts';
import { BookedToken } from '../tokens/booked-token.ts';
import { Refusal } from './refusal.ts';
import { retryAfterSeconds } from './retry-after.ts';
import { unavailable } from './unavailable.ts';

/** First uses of a secret, which all go to the issuer. */
const firstUseRate = { perSecond: 5, burst: 10 };

/** A token request of a client that is no app of ours. */
export interface PassedRequest {
  readonly request: TokenRequest & { readonly clientSecret: string };
  readonly issuer: PassThroughIssuer;
}

/** What they are kept with. */
export interface PassThroughParts {
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly random: Random | undefined;
  /** How tokens are kept from now on; of more than `maxUndeclared` the one that was read longest ago gives way. */
  readonly policy: () => Partial<KeepingPolicy>;
}

interface Entry {
  readonly issuer: string;
  readonly keeper: TokenKeeper;
  readonly token: BookedToken;
}

/**
 * Tokens of clients that present themselves with the issuer's own credentials. Each is kept under its request and the HMAC of the secret it was asked for with:
 * another secret is another entry, whose first use goes to the issuer. What the issuer refuses is not kept, and the secret is forgotten with its entry.
 */
export class PassThrough {
  readonly #parts: PassThroughParts;
  readonly #key = randomBytes(32);
  /** Read longest ago first. */
  readonly #entries = new Map<string, Entry>();
  readonly #rates: RateLimits;

  constructor(parts: PassThroughParts) {
    this.#parts = parts;
    this.#rates = new RateLimits(parts.clock);
  }

  /** How many tokens are kept. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * The token that the issuer gives for this request: the kept one, or what it answers.
   * @throws {Refusal} with the issuer's own status, error and description.
   */
  async get(passed: PassedRequest): Promise<{ token: BookedToken; live: AccessToken }> {
    const id = this.#idOf(passed.request);
    let entry = this.#entries.get(id);
    if (entry === undefined) {
      const { keeper, token } = this.#made(passed);
      try {
        this.#countFirstUse(passed.issuer.issuer);
      } catch (refusal) {
        void keeper.close();
        throw refusal;
      }
      entry = this.#open(id, { issuer: passed.issuer.issuer, keeper, token });
    }
    // Moves it behind those that were read earlier.
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    const { token } = entry;
    try {
      return { token, live: await token.get() };
    } catch (error) {
      // Asked again, the issuer may say otherwise: what it refused is not remembered in its place.
      if (!token.isUsable) this.#drop(id, entry);
      throw refusalOfIssuer(token, error);
    }
  }

  /** The token of which `value` is the live or a lately handed out copy. */
  findByValue(value: string): BookedToken | undefined {
    if (this.#entries.size === 0) return undefined;
    const hash = sha256Of(value);
    let found: BookedToken | undefined;
    for (const { token } of this.#entries.values()) if (token.isHolder(hash)) found ??= token;
    return found;
  }

  /** Forgets the tokens that `isMeant`, as when an issuer is passed through no more; by default all. */
  async forget(isMeant: (issuer: string) => boolean = () => true): Promise<void> {
    const gone = [...this.#entries].filter(([, { issuer }]) => isMeant(issuer));
    for (const [id] of gone) this.#entries.delete(id);
    await Promise.all(gone.map(([, { keeper }]) => keeper.close()));
  }

  #made({ request, issuer }: PassedRequest): Pick<Entry, 'keeper' | 'token'> {
    const { clock, fetch, random, policy } = this.#parts;
    // A keeper of its own, because one keeper knows no difference between two secrets of one request.
    const keeper = new TokenKeeper({ clock, fetch, policy: policy(), ...(random !== undefined && { random }) });
    try {
      const kept = keeper.keep(request, { name: 'passed through', isDeclared: false });
      const facts = { name: '(passed through)', request, apiOrigin: ownApiOf(issuer, request.audience), places: sent };
      return { keeper, token: new BookedToken(facts, kept, clock) };
    } catch (error) {
      void keeper.close();
      // It names what no issuer could be asked.
      if (error instanceof TypeError) throw new Refusal(400, 'invalid_request', error.message, { cause: error });
      throw error;
    }
  }

  #open(id: string, entry: Entry): Entry {
    entry.keeper.on('dropped', () => this.#drop(id, entry));
    this.#entries.set(id, entry);
    const most = this.#parts.policy().maxUndeclared ?? defaultPolicy.maxUndeclared;
    const [oldest] = this.#entries;
    if (this.#entries.size > most && oldest !== undefined) this.#drop(...oldest);
    return entry;
  }

  #drop(id: string, entry: Entry): void {
    if (this.#entries.get(id) === entry) this.#entries.delete(id);
    void entry.keeper.close();
  }

  #countFirstUse(issuer: string): void {
    const waitMs = this.#rates.take(issuer, firstUseRate);
    if (waitMs === 0) return;
    throw new Refusal(429, 'too_many_requests', 'Too many new clients or secrets at once; try again.', {
      headers: { 'retry-after': String(retryAfterSeconds(waitMs)) },
    });
  }

  #idOf({ clientSecret, parameters = {}, ...request }: PassedRequest['request']): string {
    const canonical = JSON.stringify([Object.entries(request).sort(byName), Object.entries(parameters).sort(byName)]);
    const hmac = createHmac('sha256', this.#key);
    // The length first: no end of one can be read as the beginning of the other.
    return hmac.update(`${canonical.length} ${canonical}`).update(clientSecret).digest('base64');
  }
}

/** The issuer's own API, where the audience is that. It was sent by the client, so that no other host is called because it names it. */
function ownApiOf({ issuer }: PassThroughIssuer, audience: string | undefined): string | undefined {
  const origin = apiOriginOf(audience);
  return origin === new URL(issuer).origin ? origin : undefined;
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** What the issuer said, as it came; where it said nothing, why not. */
function refusalOfIssuer(token: BookedToken, error: unknown): unknown {
  if (!isTokenError(error)) return error;
  const { status, oauthError, oauthErrorDescription } = error.details;
  if (status === undefined || oauthError === undefined || status < 400) return unavailable(token, error);
  const retryAfter = error.retryAfterMs === undefined ? {} : { 'retry-after': String(retryAfterSeconds(error.retryAfterMs)) };
  return new Refusal(status, oauthError, oauthErrorDescription ?? '', {
    headers: status === 429 || status === 503 ? retryAfter : {},
    cause: error,
  });
}

/** Where the parts of such a request stand, for messages. */
const sent: ConfigPlaces = {
  issuer: '`pass_through`',
  clientId: 'the client_id sent',
  clientSecret: 'the client_secret sent',
  audience: 'the audience sent',
  scope: 'the scope sent',
};
