import type { Clock, Fetch } from '@evertoken/client';
import type { PassThroughIssuer } from '../config/agent-config.ts';
import type { BookedToken } from '../tokens/booked-token.ts';
import type { TokenBook } from '../tokens/token-book.ts';

const askAgainMs = 60_000;
/** An issuer may move its token endpoint; secrets must not go to where it was for longer. */
const endpointLifeMs = 3_600_000;
const patienceMs = 5_000;
const longestMetadata = 262_144;

/** What an issuer's metadata said. */
interface Found {
  endpoint: string | undefined;
  /** Moment from which it may be asked again, monotonic ms. */
  askAt: number;
  asking: Promise<void> | undefined;
}

/**
 * Knows at which paths the issuers that the agent stands for have their token endpoints, so that the agent answers there too. Where a config names the
 * issuer alone, its metadata is read (RFC 8414 §3, OpenID Connect Discovery §4), when a path is asked for that nobody knows, and
 * again when an hour has passed.
 */
export class IssuerPaths {
  readonly #book: TokenBook;
  readonly #passThrough: () => readonly PassThroughIssuer[];
  readonly #fetch: Fetch;
  readonly #clock: Clock;
  readonly #found = new Map<string, Found>();

  constructor(parts: { book: TokenBook; passThrough: () => readonly PassThroughIssuer[]; fetch: Fetch; clock: Clock }) {
    this.#book = parts.book;
    this.#passThrough = parts.passThrough;
    this.#fetch = parts.fetch;
    this.#clock = parts.clock;
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
    if (!this.#isKnown(path)) await this.#askAll(this.#all().filter((one) => this.endpointOf(one) === undefined));
    return this.#isKnown(path);
  }

  /** Asks those of `issuers` again whose token endpoint was read long ago; where that fails, what was read stays. Undefined where all are known. */
  renew(issuers: readonly PassThroughIssuer[]): Promise<void> | undefined {
    const old = issuers.filter((one) => this.#isOld(one));
    return old.length === 0 ? undefined : this.#askAll(old);
  }

  /** Whether the token's issuer has its token endpoint at `path`. */
  isAt(path: string, token: BookedToken): boolean {
    const { issuer, tokenEndpoint } = token.status().request;
    const endpoint = this.endpointOf({ issuer, tokenEndpoint });
    return endpoint !== undefined && pathOf(endpoint) === path;
  }

  /** The issuer's token endpoint as far as it is known. */
  endpointOf({ issuer, tokenEndpoint }: PassThroughIssuer): string | undefined {
    return tokenEndpoint ?? this.#found.get(issuer)?.endpoint ?? this.#endpointOfTokens(issuer);
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

  #isKnown(path: string): boolean {
    return this.#all().some((one) => {
      const endpoint = this.endpointOf(one);
      return endpoint !== undefined && pathOf(endpoint) === path;
    });
  }

  #all(): readonly PassThroughIssuer[] {
    const booked = this.#book.tokens.map((token) => {
      const { issuer, tokenEndpoint } = token.status().request;
      return { issuer, tokenEndpoint };
    });
    return [...booked, ...this.#passThrough()];
  }

  #isOld({ issuer, tokenEndpoint }: PassThroughIssuer): boolean {
    const found = tokenEndpoint === undefined ? this.#found.get(issuer) : undefined;
    return found?.endpoint !== undefined && this.#clock.monotonic() >= found.askAt;
  }

  async #askAll(issuers: readonly PassThroughIssuer[]): Promise<void> {
    await Promise.all([...new Set(issuers.map(({ issuer }) => issuer))].map((issuer) => this.#ask(issuer)));
  }

  #ask(issuer: string): Promise<void> {
    const found: Found = this.#found.get(issuer) ?? { endpoint: undefined, askAt: Number.NEGATIVE_INFINITY, asking: undefined };
    // Anybody may ask for any path; the issuer is not to be asked as often.
    if (found.asking !== undefined || this.#clock.monotonic() < found.askAt) return found.asking ?? Promise.resolve();
    this.#found.set(issuer, found);
    found.asking = this.#readEndpoint(issuer).then((endpoint) => {
      found.asking = undefined;
      found.endpoint = endpoint ?? found.endpoint;
      found.askAt = this.#clock.monotonic() + (endpoint === undefined ? askAgainMs : endpointLifeMs);
    });
    return found.asking;
  }

  async #readEndpoint(issuer: string): Promise<string | undefined> {
    const gone = new AbortController();
    const timer = this.#clock.setTimer(() => gone.abort(), patienceMs);
    try {
      for (const url of metadataUrls(issuer)) {
        const endpoint = await this.#endpointIn(url, issuer, gone.signal).catch(() => undefined);
        if (endpoint !== undefined) return endpoint;
      }
      return undefined;
    } finally {
      timer.cancel();
    }
  }

  async #endpointIn(url: string, issuer: string, signal: AbortSignal): Promise<string | undefined> {
    const answer = await this.#fetch(url, { headers: { accept: 'application/json' }, redirect: 'manual', signal });
    const { issuer: named, token_endpoint: endpoint } = JSON.parse(await boundedText(answer)) as {
      issuer?: unknown;
      token_endpoint?: unknown;
    };
    // RFC 8414 §3.3: metadata of another issuer is none.
    const isOwn = answer.status === 200 && typeof named === 'string' && URL.canParse(named) && new URL(named).href === new URL(issuer).href;
    return isOwn && typeof endpoint === 'string' && URL.canParse(endpoint) ? endpoint : undefined;
  }
}

async function boundedText(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > longestMetadata) throw new RangeError('The metadata is too long.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Where an issuer's metadata stands: RFC 8414 §3.1 puts the well-known part before the issuer's path, OpenID Connect Discovery §4.1 behind it. */
function metadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [`${origin}${path}/.well-known/openid-configuration`, `${origin}/.well-known/oauth-authorization-server${path}`];
}

function pathOf(endpoint: string): string {
  return new URL(endpoint).pathname;
}
