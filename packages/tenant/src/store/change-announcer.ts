import type { SetTimer, Timer } from '../clock.ts';
import { changesSince, versionOf } from './change-log.ts';
import { issuingRecords } from './issuing-records.ts';
import type { Executor, SqlDatabase } from './sql-database.ts';
import type { IssuingRecords, TenantChange } from './tenant-store.ts';

/** How often a node asks what others wrote, ms. */
const askEveryMs = 1_000;

/**
 * Tells the listeners of this node what was written, by this node and by others, in the order of the writes. The version in the database is decisive: each
 * node knows up to which version it has told its listeners, and reads what was written after that.
 */
export class ChangeAnnouncer {
  readonly #database: SqlDatabase;
  readonly #setTimer: SetTimer;
  readonly #listeners: ((change: TenantChange) => void)[] = [];
  #told: number;
  /** One thing at a time, or an older state could be told after a newer one. */
  #turn: Promise<unknown> = Promise.resolve();
  #timer: Timer | undefined;
  #isClosed = false;

  /** `version`: the one that the database is at. */
  constructor(database: SqlDatabase, setTimer: SetTimer, version: number) {
    this.#database = database;
    this.#setTimer = setTimer;
    this.#told = version;
    database.listen(() => void this.#ask());
    this.#askLater();
  }

  onChange(listener: (change: TenantChange) => void): void {
    this.#listeners.push(listener);
  }

  /** Tells what this node wrote, with which the database came to `version`, after whatever others wrote before it. */
  async tellOwn(version: number, change: TenantChange): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#told >= version) return;
      if (this.#told === version - 1) {
        this.#told = version;
        this.#tell(change);
        return;
      }
      // The write is durable. Where the database goes away just now, it is told alone, and what came before it later, once more with it.
      await this.#catchUp().catch(() => this.#tell(change));
    });
  }

  /** Tells what others wrote until now. */
  async catchUp(): Promise<void> {
    await this.#inTurn(() => this.#catchUp());
  }

  /** All that issuing a token reads. What is written while it is on its way is told, again if need be, after it has arrived. */
  async issuing(): Promise<IssuingRecords> {
    return await this.#inTurn(() =>
      this.#snapshot(async (executor) => {
        const version = await versionOf(executor);
        const records = await issuingRecords(executor, this.#database);
        this.#told = Math.min(this.#told, version);
        return records;
      }),
    );
  }

  /** Tells no more, when what is being told is told. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#turn.catch(() => undefined);
  }

  async #ask(): Promise<void> {
    if (this.#isClosed) return;
    this.#timer?.cancel();
    // Where it fails, the next one finds what this one would have.
    await this.#inTurn(() => this.#catchUp()).catch(() => undefined);
    this.#askLater();
  }

  #askLater(): void {
    this.#timer?.cancel();
    if (!this.#isClosed) this.#timer = this.#setTimer(() => void this.#ask(), askEveryMs);
  }

  async #catchUp(): Promise<void> {
    if ((await versionOf(this.#database.reading)) === this.#told) return;
    const { version, change } = await this.#snapshot(async (executor) => ({
      version: await versionOf(executor),
      change: await changesSince(executor, this.#told, this.#database.seal),
    }));
    this.#told = version;
    this.#tell(change);
  }

  #tell(change: TenantChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  async #snapshot<T>(read: (executor: Executor) => Promise<T>): Promise<T> {
    return await this.#database.readingMuch.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(read);
  }

  async #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(action, action);
    this.#turn = mine.catch(() => undefined);
    return await mine;
  }
}
