import { createHmac, randomBytes } from 'node:crypto';
import {
  type AccessToken,
  type Clock,
  defaultPolicy,
  type Fetch,
  isTokenError,
  type KeepingPolicy,
  type KeptToken,
  type Random,
  TokenKeeper,
  type TokenRequest,
} from '@evertoken/client';
import { RateLimits } from '../apps/rate-limits.ts';
import type { ConfigPlaces, PassThroughIssuer } from '../config/agent-config.ts';
import { apiOriginOf } from '../config/issuer-address.ts';
import { sha256Of } from '../sha256.ts';
import { BookedToken } from '../tokens/booked-token.ts';
import type { Exchange } from './exchange.ts';
import { liveToken } from './live-token.ts';
import { Refusal } from './refusal.ts';
import { retryAfterSeconds } from './retry-after.ts';
import { tooManyWaiting } from './too-many-requests.ts';
import { unavailable } from './unavailable.ts';
import { UnderWay } from './under-way.ts';

/** First uses of a secret, which all go to the issuer. */
const firstUseRate = { perSecond: 5, burst: 10 };

/** Of one client so many requests may wait; of all of them together as many as of one app. */
const mostWaitingOfOne = 32;
const allClients = '(passed through)';

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
  /** How tokens are kept; of more than `maxUndeclared` the one that was read longest ago gives way. Read when there is a first one to keep. */
  readonly policy: () => Partial<KeepingPolicy>;
  /** Reads that wait, of all who ask. */
  readonly waiting: UnderWay;
}

interface Entry {
  readonly issuer: string;
  readonly kept: KeptToken;
  readonly token: BookedToken;
  /** Number of the last read: of two entries the one with the smaller number was read earlier. Kept here and not by the order of a map (decision 8). */
  lastRead: number;
  /** Whether the issuer has given a token. Only those take room away: with wrong secrets nobody pushes out those that are right. */
  isGiven: boolean;
}

/**
 * Tokens of clients that present themselves with the issuer's own credentials. Each is kept under its request and the HMAC of the secret it was asked for with:
 * another secret is another entry, whose first use goes to the issuer. What the issuer refuses is not kept, and the secret is forgotten with its entry.
 * One keeper keeps them all, so that an issuer is asked as seldom as it is for the agent's own tokens; not the keeper of these, which clients of others
 * could then hold up.
 */
export class PassThrough {
  readonly #parts: PassThroughParts;
  readonly #key = randomBytes(32);
  readonly #entries = new Map<string, Entry>();
  readonly #rates: RateLimits;
  #keeper: TokenKeeper | undefined;
  #isClosed = false;
  /** How many names were given. */
  #names = 0;
  #reads = 0;
  /** Reads of one client that wait. */
  readonly #waitingByClient = new UnderWay(() => mostWaitingOfOne);

  constructor(parts: PassThroughParts) {
    this.#parts = parts;
    this.#rates = new RateLimits(parts.clock);
  }

  /** How many tokens are kept. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * The token that the issuer gives for this request: the kept one, or what it answers. What waits is under way until `response` is closed.
   * @throws {Refusal} with the issuer's own status, error and description; 429; 503 after {@link close}.
   */
  async get(passed: PassedRequest, response: Exchange['response']): Promise<{ token: BookedToken; live: AccessToken }> {
    // A request may have waited for something else until now.
    if (this.#isClosed)
      throw new Refusal(503, 'stopping', 'The agent could not start or is stopping.', { headers: { connection: 'close' } });
    const request = requestOf(passed);
    const id = this.#idOf(request);
    let entry = this.#entries.get(id);
    if (entry === undefined) {
      entry = this.#made(id, request, passed.issuer);
      try {
        if (this.#parts.waiting.isFull(allClients)) throw tooManyWaiting();
        this.#countFirstUse(entry.issuer);
      } catch (refusal) {
        void entry.kept.close();
        throw refusal;
      }
      this.#entries.set(id, entry);
    }
    this.#reads += 1;
    entry.lastRead = this.#reads;
    const { token } = entry;
    const held = this.#live(token, response);
    try {
      const live = await held;
      if (!entry.isGiven) this.#enter(id, entry);
      return { token, live };
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
    const unused = this.#entries.size === 0 ? this.#keeper : undefined;
    if (unused !== undefined) this.#keeper = undefined;
    await Promise.all([unused?.close(), ...gone.map(([, { kept }]) => kept.close())]);
  }

  /** Forgets all, and passes nothing through any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.forget();
  }

  /** Throws only where too much is under way, which says nothing of the token. */
  #live(token: BookedToken, response: Exchange['response']): AccessToken | Promise<AccessToken> {
    const { waiting } = this.#parts;
    if (waiting.isFull(allClients)) {
      const held = token.peek();
      if (held === undefined) throw tooManyWaiting();
      return held;
    }
    const live = liveToken(token, token, { response, waiting: this.#waitingByClient });
    return live instanceof Promise ? waiting.during(allClients, response, live) : live;
  }

  #made(id: string, request: PassedRequest['request'], issuer: PassThroughIssuer): Entry {
    this.#keeper ??= this.#newKeeper();
    this.#names += 1;
    try {
      // The keeper alone would know no difference between two secrets of one request.
      const kept = this.#keeper.keep(request, { name: `passed through ${this.#names}`, isDeclared: false, partition: id });
      const facts = { name: '(passed through)', request, apiOrigin: ownApiOf(issuer, request.audience), places: sent };
      return { issuer: issuer.issuer, kept, token: new BookedToken(facts, kept, this.#parts.clock), lastRead: 0, isGiven: false };
    } catch (error) {
      // It names what no issuer could be asked.
      if (error instanceof TypeError) throw new Refusal(400, 'invalid_request', error.message, { cause: error });
      throw error;
    }
  }

  #newKeeper(): TokenKeeper {
    const { clock, fetch, random, policy } = this.#parts;
    // Which ones are too many is decided here: one that turns out to be refused is to push out none.
    const unbounded = { ...policy(), maxUndeclared: Number.POSITIVE_INFINITY };
    const keeper = new TokenKeeper({ clock, fetch, policy: unbounded, ...(random !== undefined && { random }) });
    keeper.on('dropped', ({ name }) => this.#forgetNamed(name));
    return keeper;
  }

  /** Counts `entry` from now on. Of too many that are counted, the one that was read longest ago gives way. */
  #enter(id: string, entry: Entry): void {
    // Another request may have forgotten it meanwhile.
    if (this.#entries.get(id) !== entry) return;
    entry.isGiven = true;
    this.#reads += 1;
    entry.lastRead = this.#reads;
    const most = this.#parts.policy().maxUndeclared ?? defaultPolicy.maxUndeclared;
    if (this.#entries.size <= most) return;
    let given = 0;
    let oldest: [string, Entry] | undefined;
    for (const one of this.#entries) {
      if (!one[1].isGiven) continue;
      given += 1;
      if (oldest === undefined || one[1].lastRead < oldest[1].lastRead) oldest = one;
    }
    if (oldest !== undefined && given > most) this.#drop(...oldest);
  }

  #forgetNamed(name: string): void {
    for (const [id, { kept }] of this.#entries) {
      if (kept.name !== name) continue;
      this.#entries.delete(id);
      return;
    }
  }

  #drop(id: string, entry: Entry): void {
    if (this.#entries.get(id) === entry) this.#entries.delete(id);
    void entry.kept.close();
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

/** Where the issuer alone is configured, each mint reads anew where its token endpoint is: where it was when the client came first is not for long. */
function requestOf({ request, issuer }: PassedRequest): PassedRequest['request'] {
  if (issuer.tokenEndpoint !== undefined) return request;
  const { tokenEndpoint: _, ...rest } = request;
  return { ...rest, issuer: issuer.issuer };
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
