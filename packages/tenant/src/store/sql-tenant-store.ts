import type { SetTimer } from '../clock.ts';
import type { LogEntry, LogRun } from '../model/log-entry.ts';
import { ChangeAnnouncer } from './change-announcer.ts';
import { ChangeCollector } from './change-collector.ts';
import { recordChanges, versionOf } from './change-log.ts';
import { LogReader, placeOfTooOld } from './log-reader.ts';
import type { LogQuery, Page } from './page.ts';
import type { Executor, SqlDatabase } from './sql-database.ts';
import { SqlTenantReader } from './sql-tenant-reader.ts';
import { SqlTenantWriter } from './sql-tenant-writer.ts';
import { storeReport } from './store-report.ts';
import type { IssuingRecords, LogBounds, StoreReport, TenantChange, TenantStore, TenantWriter, UsageEntry } from './tenant-store.ts';
import { addUsage, pruneUsage, usageSince } from './token-usage.ts';
import { Totals } from './totals.ts';
import { UsedAssertions } from './used-assertions.ts';

/** Pause between two portions of log entries that are looked through or removed, ms. */
const pauseMs = 1;

/** The tenant store over SQL. Secrets and private keys are sealed before they reach a statement. */
export class SqlTenantStore extends SqlTenantReader implements TenantStore {
  readonly isShared: boolean;
  readonly backup: ((path: string) => Promise<void>) | undefined;
  readonly #database: SqlDatabase;
  readonly #announcer: ChangeAnnouncer;
  readonly #totals: Totals;
  readonly #logs: LogReader;
  readonly #pause: () => Promise<void>;
  readonly #assertions = new UsedAssertions((work) => this.#noting(work));

  private constructor(database: SqlDatabase, announcer: ChangeAnnouncer, setTimer: SetTimer) {
    const totals = new Totals();
    super(database.reading, { seal: database.seal, totals });
    this.#database = database;
    this.#announcer = announcer;
    this.#totals = totals;
    this.#pause = async () => await new Promise((resolve) => void setTimer(resolve, pauseMs));
    this.#logs = new LogReader(database.reading, this.#pause);
    this.isShared = database.kind === 'postgres';
    this.backup = database.backup;
  }

  /** The store in `database`, which it closes when it is closed. */
  static async open(database: SqlDatabase, setTimer: SetTimer): Promise<SqlTenantStore> {
    const announcer = new ChangeAnnouncer(database, setTimer, await versionOf(database.reading));
    return new SqlTenantStore(database, announcer, setTimer);
  }

  async write<T>(work: (transaction: TenantWriter) => Promise<T>): Promise<T> {
    const { seal, writing } = this.#database;
    const changes = new ChangeCollector();
    const { answer, version } = await writing.transaction().execute(async (transaction) => {
      await this.#database.lockWriters(transaction);
      const writer = new SqlTenantWriter(transaction, { seal, totals: this.#totals, changes });
      const answered = await work(writer);
      writer.throwIfFailed();
      const names = changes.names();
      if (names.length === 0) return { answer: answered, version: undefined };
      const reached = await recordChanges(transaction, names);
      await this.#database.notify(transaction, reached);
      return { answer: answered, version: reached };
    });
    if (version !== undefined) await this.#announcer.tellOwn(version, changes.change());
    return answer;
  }

  onChange(listener: (change: TenantChange) => void): void {
    this.#announcer.onChange(listener);
  }

  async catchUp(): Promise<void> {
    await this.#announcer.catchUp();
  }

  async issuing(): Promise<IssuingRecords> {
    return await this.#announcer.issuing();
  }

  async claimAssertion(clientId: string, jti: string, expiresAtMs: number): Promise<boolean> {
    return await this.#assertions.claim(clientId, jti, expiresAtMs);
  }

  async pruneAssertions(nowMs: number): Promise<void> {
    await this.#assertions.prune(nowMs);
  }

  async addUsage(entries: readonly UsageEntry[]): Promise<void> {
    await this.#noting((transaction) => addUsage(transaction, entries));
  }

  async usageSince(windowStartMs: number): Promise<readonly UsageEntry[]> {
    return await usageSince(this.#database.reading, windowStartMs);
  }

  async pruneUsage(windowStartMs: number): Promise<void> {
    await this.#noting((transaction) => pruneUsage(transaction, windowStartMs));
  }

  async appendLogs(runs: readonly LogRun[]): Promise<void> {
    await this.#database.logs.append(runs);
  }

  async isLogKept(id: string): Promise<boolean> {
    return await this.#database.logs.isStored(id);
  }

  async logs(query: LogQuery): Promise<Page<LogEntry>> {
    return await this.#logs.page(query);
  }

  async log(id: string): Promise<LogEntry | undefined> {
    return await this.#logs.named(id);
  }

  async pruneLogs({ olderThanMs, keep }: LogBounds): Promise<void> {
    const upTo = [placeOfTooOld(olderThanMs), (await this.#logs.newestTooMany(keep)) ?? ''].toSorted()[1] as string;
    // Some at a time: others write in between, and what a busy minute brought takes seconds.
    while (await this.#database.logs.forgetSome(upTo)) await this.#pause();
  }

  async check(): Promise<StoreReport> {
    return await storeReport(this.#database);
  }

  async close(): Promise<void> {
    await this.#announcer.close();
    await this.#database.close();
  }

  /** Runs a transaction whose writes are not announced to listeners. */
  async #noting<T>(work: (transaction: Executor) => Promise<T>): Promise<T> {
    return await this.#database.writing.transaction().execute(work);
  }
}
