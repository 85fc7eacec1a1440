import type { Family, Sample } from './family.ts';

/** Upper bounds, seconds; the last one, `+Inf`, goes without saying. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

interface Histogram {
  /** How many fell under each bound and above the one before. */
  readonly counts: number[];
  sum: number;
  total: number;
}

/** A histogram of durations by two labels. */
export class Durations implements Family {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly #labels: readonly [string, string];
  readonly #histograms = new Map<string, Map<string, Histogram>>();

  constructor(family: Pick<Family, 'name' | 'help'>, labels: readonly [string, string]) {
    this.name = family.name;
    this.help = family.help;
    this.#labels = labels;
  }

  observe(first: string, second: string, ms: number): void {
    const histogram = this.#of(first, second);
    const seconds = ms / 1_000;
    const at = bounds.findIndex((bound) => seconds <= bound);
    if (at >= 0) histogram.counts[at] = (histogram.counts[at] ?? 0) + 1;
    histogram.sum += seconds;
    histogram.total += 1;
  }

  *samples(): Generator<Sample> {
    const [one, other] = this.#labels;
    for (const [first, histograms] of this.#histograms) {
      for (const [second, { counts, sum, total }] of histograms) {
        const labels = { [one]: first, [other]: second };
        let below = 0;
        for (const [at, bound] of bounds.entries()) {
          below += counts[at] ?? 0;
          yield { metricName: `${this.name}_bucket`, labels: { ...labels, le: String(bound) }, value: below };
        }
        yield { metricName: `${this.name}_bucket`, labels: { ...labels, le: '+Inf' }, value: total };
        yield { metricName: `${this.name}_sum`, labels, value: sum };
        yield { metricName: `${this.name}_count`, labels, value: total };
      }
    }
  }

  #of(first: string, second: string): Histogram {
    let histograms = this.#histograms.get(first);
    if (histograms === undefined) {
      histograms = new Map();
      this.#histograms.set(first, histograms);
    }
    let histogram = histograms.get(second);
    if (histogram === undefined) {
      histogram = { counts: bounds.map(() => 0), sum: 0, total: 0 };
      histograms.set(second, histogram);
    }
    return histogram;
  }
}
