import { versionOf } from './change-log.ts';
import type { Executor } from './sql-database.ts';

/** How many filters are remembered at most. */
const mostFilters = 1_000;

/**
 * Remembers counts of rows until the next write: counting a hundred thousand rows again for each page would be most of the cost of a page. The version of the
 * store is read each time, so that no count is outdated.
 */
export class Totals {
  #version = -1;
  readonly #counts = new Map<string, number>();

  /** `count`, unless it was taken for `what` since the last write. */
  async of(executor: Executor, what: unknown, count: () => Promise<number>): Promise<number> {
    if (executor.isTransaction) return await count();
    const version = await versionOf(executor);
    if (version !== this.#version) {
      this.#counts.clear();
      this.#version = version;
    }
    const name = JSON.stringify(what);
    const known = this.#counts.get(name);
    if (known !== undefined) return known;
    const counted = await count();
    if (this.#version === version && this.#counts.size < mostFilters) this.#counts.set(name, counted);
    return counted;
  }
}
