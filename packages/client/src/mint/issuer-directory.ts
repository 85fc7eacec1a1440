import type { Clock } from '../clock.ts';
import type { Fetch } from '../options.ts';

/** How long metadata is used before it is asked for again. */
const FRESH_MS = 24 * 3_600_000;
/** How long newer metadata is waited for: the rest of the attempt's time is for the token. */
const RENEWAL_MS = 3_000;

/** Knows which token endpoint an issuer's metadata names, and remembers it for a day; an older answer is used while none can be had. */
export class IssuerDirectory {
  readonly #clock: Clock;
  readonly #fetch: Fetch;
  readonly #known = new Map<string, { tokenEndpoint: string; staleAt: number }>();

  constructor(clock: Clock, fetch: Fetch) {
    this.#clock = clock;
    this.#fetch = fetch;
  }

  /** The endpoint if it has been read before. */
  knownTokenEndpoint(issuer: string): string | undefined {
    return this.#known.get(issuer)?.tokenEndpoint;
  }

  /** @throws {TokenError} `discovery_failed` */
  async tokenEndpointOf(issuer: string, signal: AbortSignal): Promise<string> {
    const known = this.#known.get(issuer);
    const now = this.#clock.monotonic();
    if (known !== undefined && now < known.staleAt) return known.tokenEndpoint;
    const impatience = new AbortController();
    const timer = known && this.#clock.setTimer(() => impatience.abort(), RENEWAL_MS);
    try {
      const { discoverTokenEndpoint } = await import('./discovery.ts');
      const tokenEndpoint = await discoverTokenEndpoint(issuer, this.#fetch, AbortSignal.any([signal, impatience.signal]));
      this.#known.set(issuer, { tokenEndpoint, staleAt: now + FRESH_MS });
      return tokenEndpoint;
    } catch (error) {
      if (known !== undefined) return known.tokenEndpoint;
      throw error;
    } finally {
      timer?.cancel();
    }
  }
}
