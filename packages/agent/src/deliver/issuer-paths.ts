import type { Clock, Fetch } from '@evertoken/client';
import { IssuerDirectory } from '@evertoken/client/wire';
import type { PassThroughIssuer } from '../config/agent-config.ts';
import type { BookedToken } from '../tokens/booked-token.ts';
import type { TokenBook } from '../tokens/token-book.ts';

const askAgainMs = 60_000;
const patienceMs = 5_000;

/** How an issuer's metadata is read. */
interface Reading {
  /** Moment from which it may be asked again, monotonic ms. */
  askAt: number;
  asking: Promise<void> | undefined;
}

/**
 * Knows at which paths the issuers that the agent stands for have their token endpoints, so that the agent answers there too. Where a config names the
 * issuer alone, its metadata is read (see `IssuerDirectory`), when a path is asked for that nobody knows, and again when an hour has passed.
 */
export class IssuerPaths {
  readonly #book: TokenBook;
  readonly #passThrough: () => readonly PassThroughIssuer[];
  readonly #clock: Clock;
  readonly #directory: IssuerDirectory;
  readonly #readings = new Map<string, Reading>();
  /** Ends each reading that is under way. */
  readonly #impatience = new Set<AbortController>();
  #isClosed = false;

  constructor(parts: { book: TokenBook; passThrough: () => readonly PassThroughIssuer[]; fetch: Fetch; clock: Clock }) {
    this.#book = parts.book;
    this.#passThrough = parts.passThrough;
    this.#clock = parts.clock;
    this.#directory = new IssuerDirectory(parts.clock, parts.fetch);
  }

  /** Whether `path` is the token endpoint's of an issuer; also where that is still to be found out. */
  mayBeOne(path: string): boolean {
    return this.#all().some((one) => {
      const endpoint = this.endpointOf(one);
      return endpoint === undefined || pathOf(endpoint) === path || this.#isOld(one);
    });
  }

  /** Whether it is one, after having read the metadata that it takes to tell. */
  async isOne(path: string): Promise<boolean> {
    await this.renew(this.#all());
    if (!this.isKnown(path)) await this.#askAll(this.#all().filter((one) => this.endpointOf(one) === undefined));
    return this.isKnown(path);
  }

  /** Whether it is one, as far as is known without asking. */
  isKnown(path: string): boolean {
    return this.#all().some((one) => {
      const endpoint = this.endpointOf(one);
      return endpoint !== undefined && pathOf(endpoint) === path;
    });
  }

  /** Asks those of `issuers` again whose token endpoint was read long ago; where that fails, what was read stays. Undefined where all are known. */
  renew(issuers: readonly PassThroughIssuer[]): Promise<void> | undefined {
    const old = issuers.filter((one) => this.#isOld(one));
    return old.length === 0 ? undefined : this.#askAll(old);
  }

  /** Asks no issuer any more, and ends what it asks one at the moment. */
  close(): void {
    this.#isClosed = true;
    for (const impatience of this.#impatience) impatience.abort();
  }

  /** Whether the token's issuer has its token endpoint at `path`. */
  isAt(path: string, token: BookedToken): boolean {
    const { issuer, tokenEndpoint } = token.status().request;
    const endpoint = this.endpointOf({ issuer, tokenEndpoint });
    return endpoint !== undefined && pathOf(endpoint) === path;
  }

  /** The issuer's token endpoint as far as it is known, which tells paths: where a secret goes is read anew for each mint. */
  endpointOf({ issuer, tokenEndpoint }: PassThroughIssuer): string | undefined {
    return tokenEndpoint ?? this.#directory.knownTokenEndpoint(issuer) ?? this.#endpointOfTokens(issuer);
  }

  /** What the tokens of the issuer have found out when they were minted. */
  #endpointOfTokens(issuer: string): string | undefined {
    const { href } = new URL(issuer);
    for (const token of this.#book.tokens) {
      const { request } = token.status();
      if (request.tokenEndpoint !== undefined && new URL(request.issuer).href === href) return request.tokenEndpoint;
    }
    return undefined;
  }

  #all(): readonly PassThroughIssuer[] {
    const booked = this.#book.tokens.map((token) => {
      const { issuer, tokenEndpoint } = token.status().request;
      return { issuer, tokenEndpoint };
    });
    return [...booked, ...this.#passThrough()];
  }

  #isOld({ issuer, tokenEndpoint }: PassThroughIssuer): boolean {
    if (tokenEndpoint !== undefined || this.#directory.knownTokenEndpoint(issuer) === undefined) return false;
    return !this.#directory.isFresh(issuer) && this.#mayAsk(issuer);
  }

  async #askAll(issuers: readonly PassThroughIssuer[]): Promise<void> {
    await Promise.all([...new Set(issuers.map(({ issuer }) => issuer))].map((issuer) => this.#ask(issuer)));
  }

  #ask(issuer: string): Promise<void> {
    const reading: Reading = this.#readings.get(issuer) ?? { askAt: Number.NEGATIVE_INFINITY, asking: undefined };
    if (reading.asking !== undefined) return reading.asking;
    if (!this.#mayAsk(issuer)) return Promise.resolve();
    this.#readings.set(issuer, reading);
    reading.asking = this.#read(issuer).then(() => {
      reading.asking = undefined;
      reading.askAt = this.#clock.monotonic() + askAgainMs;
    });
    return reading.asking;
  }

  /** Anybody may ask for any path; the issuer is not to be asked as often. */
  #mayAsk(issuer: string): boolean {
    return !this.#isClosed && this.#clock.monotonic() >= (this.#readings.get(issuer)?.askAt ?? Number.NEGATIVE_INFINITY);
  }

  /** Reads its metadata; where that fails, what was read before stays. */
  async #read(issuer: string): Promise<void> {
    const impatience = new AbortController();
    this.#impatience.add(impatience);
    const timer = this.#clock.setTimer(() => impatience.abort(), patienceMs);
    try {
      await this.#directory.tokenEndpointOf(issuer, impatience.signal);
    } catch {
      // It is asked again when somebody comes for a path, a little later.
    } finally {
      timer.cancel();
      this.#impatience.delete(impatience);
    }
  }
}

function pathOf(endpoint: string): string {
  return new URL(endpoint).pathname;
}
