import type { Accuse } from './broken-promise.ts';

const DAY = 86_400_000;
/** An attempt is paid for when it begins, and may wait for its turn at the issuer's door. */
const TURN_MS = 60_000;

/** How often in a day one token may be asked for. */
export class MintBudgetRules {
  readonly #perDay: number;
  #begun: number[] = [];

  constructor(perDay: number) {
    this.#perDay = perDay;
  }

  restart(): void {
    this.#begun = [];
  }

  /** An attempt at `nowMs` of the monotonic clock. */
  begin(nowMs: number, accuse: Accuse): void {
    if (this.#perDay === Number.POSITIVE_INFINITY) return;
    this.#begun.push(nowMs);
    const count = this.#within(DAY - TURN_MS, nowMs).length;
    if (count > this.#perDay) accuse('over_budget', `the issuer was asked ${count} times in a day, ${this.#perDay} is the most`);
  }

  /** Whether the budget may be used up at `nowMs`; if so for how long, ms. */
  spentForMs(nowMs: number): number | undefined {
    if (this.#perDay === Number.POSITIVE_INFINITY) return undefined;
    this.#begun = this.#within(DAY + TURN_MS, nowMs);
    const oldest = this.#begun.at(-this.#perDay);
    return oldest === undefined ? undefined : Math.max(0, oldest + DAY - nowMs);
  }

  #within(ms: number, nowMs: number): number[] {
    return this.#begun.filter((at) => nowMs - at < ms);
  }
}
