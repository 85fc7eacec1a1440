import type { Clock } from '../clock.ts';
import type { KeepingPolicy } from '../policy/keeping-policy.ts';
import { IssuerGate } from './issuer-gate.ts';

/** Below so many, gates cost nothing worth looking after. */
const FEW = 100;
/** Of issuers that nobody asks just now, what was learnt is remembered of so many. */
const MOST_REMEMBERED = 10_000;

/** The gates of all issuers. A gate that says nothing any more is let go: a new one would say the same. */
export class IssuerGates {
  readonly #clock: Clock;
  readonly #policy: KeepingPolicy;
  /** The one asked for last comes last. */
  readonly #gates = new Map<string, IssuerGate>();
  #sweepAt = FEW;

  constructor(clock: Clock, policy: KeepingPolicy) {
    this.#clock = clock;
    this.#policy = policy;
  }

  /** How many there are now. */
  get count(): number {
    return this.#gates.size;
  }

  of(issuer: string): IssuerGate {
    const gate = this.#gates.get(issuer) ?? new IssuerGate(this.#clock, this.#policy);
    this.#gates.delete(issuer);
    if (this.#gates.size >= this.#sweepAt) this.#sweep();
    this.#gates.set(issuer, gate);
    return gate;
  }

  /** Done each time that they have doubled: each gate pays for a constant number of looks. */
  #sweep(): void {
    for (const [issuer, gate] of this.#gates) {
      if (!gate.isAtRest || (gate.hasLearnt && this.#gates.size <= MOST_REMEMBERED)) continue;
      this.#gates.delete(issuer);
    }
    this.#sweepAt = Math.max(FEW, Math.min(2 * this.#gates.size, this.#gates.size + MOST_REMEMBERED));
  }
}
