import { ChangeCollector } from './change-collector.ts';
import { clientGrantTable } from './records/client-grants.ts';
import { credentialTable } from './records/credentials.ts';
import { organizationGrantTable } from './records/organizations.ts';
import { idsWith, insertRecords, removeRecords, replaceRecords } from './records/record-operations.ts';
import type { RecordKind } from './records/record-table.ts';
import { recordTables } from './records/record-tables.ts';
import type { Executor } from './sql-database.ts';
import { type ReaderParts, SqlTenantReader } from './sql-tenant-reader.ts';
import type { RecordNames, TenantRecords, TenantWriter } from './tenant-store.ts';

/** Reads and writes within one transaction, and notes what it writes in `changes`. */
export class SqlTenantWriter extends SqlTenantReader implements TenantWriter {
  readonly #transaction: Executor;
  readonly #parts: ReaderParts & { readonly changes: ChangeCollector };
  #failure: unknown;

  constructor(transaction: Executor, parts: ReaderParts & { readonly changes: ChangeCollector }) {
    super(transaction, parts);
    this.#transaction = transaction;
    this.#parts = parts;
  }

  /** Throws the error of a call that failed, if one did: the transaction must not be committed in part because somebody caught that error. */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async insert(records: TenantRecords): Promise<void> {
    await this.#attempt(async () => {
      const settings = Object.entries(records.settings ?? {}).map(([name, value]) => ({ name, value }));
      if (settings.length > 0) await this.#transaction.insertInto('settings').values(settings).execute();
      for (const table of recordTables) await insertRecords(this.#transaction, table, records[table.kind] ?? [], this.#parts.seal);
      this.#parts.changes.write(records);
    });
  }

  async replace(records: TenantRecords): Promise<void> {
    await this.#attempt(async () => {
      for (const [name, value] of Object.entries(records.settings ?? {})) {
        const setting = this.#transaction.insertInto('settings').values({ name, value });
        await setting.onConflict((conflict) => conflict.column('name').doUpdateSet({ value })).execute();
      }
      for (const table of recordTables) await replaceRecords(this.#transaction, table, records[table.kind] ?? [], this.#parts.seal);
      this.#parts.changes.write(records);
    });
  }

  async remove(names: RecordNames): Promise<RecordNames> {
    return await this.#attempt(async () => {
      const applications = names.applications ?? [];
      const clientGrants = [
        ...(names.clientGrants ?? []),
        ...(await idsWith(this.#transaction, clientGrantTable, 'client_id', applications)),
        ...(await idsWith(this.#transaction, clientGrantTable, 'resource_server_id', names.resourceServers ?? [])),
      ];
      const doomed: Record<RecordKind, readonly string[]> = {
        signingKeys: names.signingKeys ?? [],
        resourceServers: names.resourceServers ?? [],
        applications,
        credentials: [...(names.credentials ?? []), ...(await idsWith(this.#transaction, credentialTable, 'client_id', applications))],
        organizations: names.organizations ?? [],
        clientGrants,
        organizationGrants: [
          ...(names.organizationGrants ?? []).map(organizationGrantTable.idOf),
          ...(await idsWith(this.#transaction, organizationGrantTable, 'organization_id', names.organizations ?? [])),
          ...(await idsWith(this.#transaction, organizationGrantTable, 'client_grant_id', clientGrants)),
        ],
      };
      const removed = new ChangeCollector();
      for (const table of recordTables.toReversed()) {
        const found = await idsWith(this.#transaction, table, table.key, [...new Set(doomed[table.kind])]);
        await removeRecords(this.#transaction, table, found);
        for (const changes of [removed, this.#parts.changes]) for (const id of found) changes.remove(table.kind, id);
      }
      return removed.change().removed;
    });
  }

  async #attempt<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }
}
