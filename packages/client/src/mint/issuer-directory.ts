import type { Clock } from '../clock.ts';
import type { Fetch } from '../options.ts';

/** How long metadata is used before it is read again: an issuer may move its token endpoint, and secrets must not go to where it was. */
const FRESH_MS = 3_600_000;
/** While none can be read, what was read serves for a day: then rather no token than a secret that goes nobody knows where. */
const USABLE_MS = 24 * 3_600_000;
/** So many issuers are known at most; the one whose metadata was read longest ago is forgotten first. */
const MOST_KNOWN = 10_000;
/** How long newer metadata is waited for: the rest of the attempt's time is for the token. */
const RENEWAL_MS = 3_000;

interface Known {
  readonly tokenEndpoint: string;
  /** When it was asked for, on both clocks. */
  readonly wall: number;
  readonly monotonic: number;
}

/**
 * Knows which token endpoint an issuer's metadata names (RFC 8414 §3, else OpenID Connect Discovery §4). It is read again when an hour has passed; while it
 * cannot be, what was read serves until it is a day old.
 */
export class IssuerDirectory {
  readonly #clock: Clock;
  readonly #fetch: Fetch;
  readonly #known = new Map<string, Known>();

  constructor(clock: Clock, fetch: Fetch) {
    this.#clock = clock;
    this.#fetch = fetch;
  }

  /** The endpoint as it was read last, however long ago; not for sending a secret to. */
  knownTokenEndpoint(issuer: string): string | undefined {
    return this.#known.get(issuer)?.tokenEndpoint;
  }

  /** Whether it was read within the last hour. */
  isFresh(issuer: string): boolean {
    return this.#ageMs(this.#known.get(issuer)) < FRESH_MS;
  }

  /**
   * The endpoint to ask now. `signal` ends the reading.
   * @throws {TokenError} `discovery_failed`
   */
  async tokenEndpointOf(issuer: string, signal: AbortSignal): Promise<string> {
    const known = this.#known.get(issuer);
    if (known !== undefined && this.#ageMs(known) < FRESH_MS) return known.tokenEndpoint;
    const isUsable = this.#ageMs(known) < USABLE_MS;
    const asked = { wall: this.#clock.now(), monotonic: this.#clock.monotonic() };
    const impatience = new AbortController();
    const timer = isUsable ? this.#clock.setTimer(() => impatience.abort(), RENEWAL_MS) : undefined;
    try {
      const { discoverTokenEndpoint } = await import('./discovery.ts');
      const tokenEndpoint = await discoverTokenEndpoint(issuer, this.#fetch, AbortSignal.any([signal, impatience.signal]));
      this.#remember(issuer, { tokenEndpoint, ...asked });
      return tokenEndpoint;
    } catch (error) {
      if (known !== undefined && isUsable) return known.tokenEndpoint;
      throw error;
    } finally {
      timer?.cancel();
    }
  }

  #remember(issuer: string, known: Known): void {
    this.#known.delete(issuer);
    this.#known.set(issuer, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }

  /** By the clock that has run further: the one stops while the machine sleeps, the other may be set back. */
  #ageMs(known: Known | undefined): number {
    if (known === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(this.#clock.now() - known.wall, this.#clock.monotonic() - known.monotonic);
  }
}
