import type { Clock, TokenKeeper } from '@evertoken/client';
import type { HistoryEntry } from './contract.ts';

/** How many entries of each token are remembered; the oldest are dropped first. */
const mostEntries = 200;

/** What happened to each token since the start: mints, adoptions, failures, rejections. */
export class TokenHistories {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #histories = new Map<string, { entries: HistoryEntry[]; happened: number }>();

  constructor(keeper: TokenKeeper, clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
    keeper.on('minted', ({ name, fingerprint, durationMs }) => this.#add(name, { kind: 'minted', durationMs, fingerprint, note: null }));
    keeper.on('adopted', ({ name, fingerprint, by = null }) =>
      this.#add(name, { kind: 'adopted', durationMs: null, fingerprint, note: by }),
    );
    keeper.on('failed', ({ name, code, durationMs }) => this.#add(name, { kind: 'failed', durationMs, fingerprint: null, note: code }));
    keeper.on('rejected', ({ name, fingerprint }) => this.#add(name, { kind: 'rejected', durationMs: null, fingerprint, note: null }));
  }

  /** The oldest first. */
  of(name: string): readonly HistoryEntry[] {
    return this.#histories.get(name)?.entries ?? [];
  }

  /** How many entries there have been, with those that are dropped. */
  happened(name: string): number {
    return this.#histories.get(name)?.happened ?? 0;
  }

  /** Forgets every token whose name is not among `names`. */
  keep(names: ReadonlySet<string>): void {
    for (const name of this.#histories.keys()) if (!names.has(name)) this.#histories.delete(name);
  }

  #add(name: string, { durationMs, ...entry }: Omit<HistoryEntry, 'at'>): void {
    const history = this.#histories.get(name) ?? { entries: [], happened: 0 };
    this.#histories.set(name, history);
    history.entries.push({ at: this.#clock.now(), durationMs: durationMs === null ? null : Math.round(durationMs), ...entry });
    history.happened += 1;
    if (history.entries.length > mostEntries) history.entries.shift();
  }
}
