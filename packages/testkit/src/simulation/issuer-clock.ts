import type { Accuse } from './broken-promise.ts';
import type { RegisteredClient } from './registered-client.ts';
import { sleptMs, type WorldTime } from './world-time.ts';

/** How far an assertion's times may be off, seconds. */
const TOLERANCE_SECONDS = 10;

/** An issuer's clock, which somebody may set, and what a client can know of it by the `Date` of the answers. */
export class IssuerClock {
  readonly #time: WorldTime;
  readonly #accuse: Accuse;
  #aheadMs = 0;
  #settings = 0;
  #isKnown = true;

  constructor(time: WorldTime, accuse: Accuse) {
    this.#time = time;
    this.#accuse = accuse;
  }

  setBy(ms: number): void {
    this.#aheadMs += ms;
    this.forget();
  }

  /** The machine's clock was set, or a new process begins: what was learnt is worth nothing. */
  forget(): void {
    this.#settings += 1;
    this.#isKnown = false;
  }

  /** Whether an answer told the client what time it is here, and none of the clocks was set since. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** A request comes; to be called with its answer, which tells no time where the machine slept on its way. */
  expectAnswer(): () => void {
    const settings = this.#settings;
    const asked = this.#time.now();
    return () => {
      if (settings === this.#settings && sleptMs(asked) === sleptMs(this.#time.now())) this.#isKnown = true;
    };
  }

  httpDate(aheadMs = 0): string {
    return this.#time.httpDate(this.#aheadMs + aheadMs);
  }

  epochSeconds(): number {
    return Math.floor(this.#time.epochSeconds() + this.#aheadMs / 1000);
  }

  /** Whether the times of the assertion (RFC 7523 §3) are right; a client that knows this clock gets them right, and signs a new one each time. */
  accepts(assertion: string, client: RegisteredClient): boolean {
    if (assertion === client.lastAssertion) this.#accuse('stale_proof', 'an assertion came twice');
    client.lastAssertion = assertion;
    const claims: unknown = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString());
    const { iat, exp } = claims as { iat: number; exp: number };
    const now = this.epochSeconds();
    const isTimely = iat <= now + TOLERANCE_SECONDS && exp >= now - TOLERANCE_SECONDS;
    if (!isTimely && this.#isKnown) {
      this.#accuse(
        'stale_proof',
        `an assertion of ${iat - now} s from now came although the issuer's time was told since the clocks were set`,
      );
    }
    return isTimely;
  }
}
