import type { Family, Sample } from './family.ts';

/** Numbers by one or two labels. Each request counts in some, so that counting costs next to nothing. */
export class Tally implements Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly #labels: readonly [string, string?];
  readonly #numbers = new Map<string, Map<string | number, number>>();

  constructor(type: 'counter' | 'gauge', family: Pick<Family, 'name' | 'help'>, labels: readonly [string, string?]) {
    this.type = type;
    this.name = family.name;
    this.help = family.help;
    this.#labels = labels;
  }

  /** Adds one. */
  count(first: string, second: string | number = ''): void {
    const numbers = this.#of(first);
    numbers.set(second, (numbers.get(second) ?? 0) + 1);
  }

  /** Sets the number. */
  set(first: string, value: number): void {
    this.#of(first).set('', value);
  }

  /** The number by one label; undefined where there is none yet. */
  get(first: string): number | undefined {
    return this.#numbers.get(first)?.get('');
  }

  *samples(): Generator<Sample> {
    const [one, other] = this.#labels;
    for (const [first, numbers] of this.#numbers) {
      for (const [second, value] of numbers) yield { labels: { [one]: first, ...(other && { [other]: String(second) }) }, value };
    }
  }

  #of(first: string): Map<string | number, number> {
    let numbers = this.#numbers.get(first);
    if (numbers === undefined) {
      numbers = new Map();
      this.#numbers.set(first, numbers);
    }
    return numbers;
  }
}
