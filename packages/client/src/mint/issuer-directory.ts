import type { Clock } from '../clock.ts';
import type { Fetch } from '../options.ts';
import { failureOfConnection } from './failure.ts';

/** How long metadata is used before it is read again: an issuer may move its token endpoint, and secrets must not go to where it was. */
const FRESH_MS = 3_600_000;
/** While none can be read, what was read serves for a day: then rather no token than a secret that goes nobody knows where. */
const USABLE_MS = 24 * 3_600_000;
/** So many issuers are known at most; the one whose metadata was read longest ago is forgotten first. */
const MOST_KNOWN = 10_000;
/** How long newer metadata is waited for: the rest of the attempt's time is for the token. */
const RENEWAL_MS = 3_000;
/** A reading that has no answer for so long may hang: who comes then begins another. */
const JOINED_WITHIN_MS = 3_000;

/** When something was asked for, on both clocks. */
interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

interface Known {
  readonly tokenEndpoint: string;
  readonly asked: Moment;
}

/** Metadata on their way. */
interface Reading {
  readonly tokenEndpoint: Promise<string>;
  readonly asked: Moment;
  /** Gives it up. */
  readonly end: AbortController;
  waiters: number;
}

/** Which of an issuer's endpoints is meant. */
interface Way {
  /** That for clients with a certificate (RFC 8705 §5), which is the ordinary one where the metadata name none; default false. */
  readonly isMutualTls?: boolean;
}

/**
 * Knows which token endpoint an issuer's metadata names (RFC 8414 §3, else OpenID Connect Discovery §4). It is read again when an hour has passed; while it
 * cannot be, what was read serves until it is a day old. All who want to know at the same time share one reading; none that takes long takes along who comes later.
 */
export class IssuerDirectory {
  readonly #clock: Clock;
  readonly #fetch: Fetch;
  readonly #known = new Map<string, Known>();
  readonly #readings = new Map<string, Reading>();

  constructor(clock: Clock, fetch: Fetch) {
    this.#clock = clock;
    this.#fetch = fetch;
  }

  /** The endpoint as it was read last, however long ago; not for sending a secret to. */
  knownTokenEndpoint(issuer: string, way: Way = {}): string | undefined {
    return this.#known.get(keyOf(issuer, way))?.tokenEndpoint;
  }

  /** Whether it was read within the last hour. */
  isFresh(issuer: string): boolean {
    return this.#ageMs(this.#known.get(keyOf(issuer))?.asked) < FRESH_MS;
  }

  /**
   * The endpoint to ask now. `signal` ends the wait for it, and the reading where nobody else waits.
   * @throws {TokenError} `discovery_failed`; `tls_error`, `network_error` and `timeout` where there was no answer.
   */
  async tokenEndpointOf(issuer: string, signal: AbortSignal, way: Way = {}): Promise<string> {
    const known = this.#known.get(keyOf(issuer, way));
    if (known !== undefined && this.#ageMs(known.asked) < FRESH_MS) return known.tokenEndpoint;
    const isUsable = this.#ageMs(known?.asked) < USABLE_MS;
    const impatience = new AbortController();
    const timer = isUsable ? this.#clock.setTimer(() => impatience.abort(), RENEWAL_MS) : undefined;
    try {
      return await this.#readAlong(issuer, AbortSignal.any([signal, impatience.signal]), way);
    } catch (error) {
      if (known !== undefined && isUsable) return known.tokenEndpoint;
      throw error;
    } finally {
      timer?.cancel();
    }
  }

  /** Reads together with all who want the same. */
  async #readAlong(issuer: string, signal: AbortSignal, way: Way): Promise<string> {
    const key = keyOf(issuer, way);
    const begun = this.#readings.get(key);
    const reading = begun !== undefined && this.#ageMs(begun.asked) < JOINED_WITHIN_MS ? begun : this.#begin(issuer, way);
    reading.waiters += 1;
    let leave: () => void = () => undefined;
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(failureOfConnection(undefined, true, { request: { issuer } }));
      signal.addEventListener('abort', leave);
    });
    if (signal.aborted) leave();
    try {
      return await Promise.race([reading.tokenEndpoint, left]);
    } finally {
      signal.removeEventListener('abort', leave);
      reading.waiters -= 1;
      if (reading.waiters === 0) this.#end(key, reading);
    }
  }

  #begin(issuer: string, { isMutualTls = false }: Way): Reading {
    const key = keyOf(issuer, { isMutualTls });
    const asked = { wall: this.#clock.now(), monotonic: this.#clock.monotonic() };
    const end = new AbortController();
    const read = async () => {
      const { discoverTokenEndpoint } = await import('./discovery.ts');
      const tools = { fetch: this.#fetch, now: () => this.#clock.now(), isMutualTls, signal: end.signal };
      return this.#remember(key, { tokenEndpoint: await discoverTokenEndpoint(issuer, tools), asked });
    };
    const reading = { tokenEndpoint: read(), asked, end, waiters: 0 };
    this.#readings.set(key, reading);
    return reading;
  }

  /** Nobody waits for it any more: it has ended, or is given up. */
  #end(key: string, reading: Reading): void {
    if (this.#readings.get(key) === reading) this.#readings.delete(key);
    reading.end.abort();
  }

  /** The endpoint that is known from then on: what was asked for later may have been answered sooner. */
  #remember(key: string, known: Known): string {
    const other = this.#known.get(key);
    if (other !== undefined && other.asked.monotonic > known.asked.monotonic) return other.tokenEndpoint;
    this.#known.delete(key);
    this.#known.set(key, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    return known.tokenEndpoint;
  }

  /** By the clock that has run further: the one stops while the machine sleeps, the other may be set back. */
  #ageMs(asked: Moment | undefined): number {
    if (asked === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(this.#clock.now() - asked.wall, this.#clock.monotonic() - asked.monotonic);
  }
}

/** No issuer's URL has a blank in it. */
function keyOf(issuer: string, { isMutualTls = false }: Way = {}): string {
  return isMutualTls ? `mtls ${issuer}` : issuer;
}
