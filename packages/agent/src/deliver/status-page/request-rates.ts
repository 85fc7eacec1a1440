import type { Clock } from '@evertoken/client';
import type { AppUses } from '../../apps/app-uses.ts';

/** The time over which rates are measured, ms. */
const spanMs = 10_000;

/** Requests a second of each app, over the last ten seconds or since the first look within them. */
export class RequestRates {
  readonly #uses: AppUses;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #looks: readonly { readonly at: number; readonly totals: ReadonlyMap<string, number> }[] = [];

  constructor(uses: AppUses, clock: Pick<Clock, 'monotonic'>) {
    this.#uses = uses;
    this.#clock = clock;
  }

  /** Takes a look now. Answers a function that tells the rate of a name since the oldest look within the span. */
  next(): (name: string) => number {
    const at = this.#clock.monotonic();
    const totals = new Map(this.#uses.names.map((name) => [name, this.#totalOf(name)]));
    const within = this.#looks.filter((look) => at - look.at <= spanMs);
    this.#looks = [...within, { at, totals }];
    const [first] = this.#looks;
    const seconds = first === undefined ? 0 : (at - first.at) / 1_000;
    return (name) => {
      if (first === undefined || seconds === 0) return 0;
      const perSecond = ((totals.get(name) ?? 0) - (first.totals.get(name) ?? 0)) / seconds;
      return Math.round(perSecond * 10) / 10;
    };
  }

  #totalOf(name: string): number {
    const use = this.#uses.of(name);
    return use === undefined ? 0 : use.handOuts + use.proxied + use.refusals;
  }
}
