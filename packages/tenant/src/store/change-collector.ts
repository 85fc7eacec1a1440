import { organizationGrantNamed } from './records/organizations.ts';
import type { RecordKind } from './records/record-table.ts';
import { recordTables } from './records/record-tables.ts';
import type { RecordNames, TenantChange, TenantRecords } from './tenant-store.ts';

/** A record by its kind and the text that names it. */
export interface RecordName {
  readonly kind: keyof TenantRecords;
  readonly id: string;
}

/** Gathers what one write does, so that of several steps on a record the last one counts. */
export class ChangeCollector {
  readonly #written = new Map<keyof TenantRecords, Map<string, unknown>>();
  readonly #removed = new Map<RecordKind, Map<string, unknown>>();

  write(records: TenantRecords): void {
    for (const [name, value] of Object.entries(records.settings ?? {})) put(this.#written, 'settings', name, value);
    for (const table of recordTables) {
      for (const record of records[table.kind] ?? []) {
        const id = table.idOf(record);
        put(this.#written, table.kind, id, record);
        this.#removed.get(table.kind)?.delete(id);
      }
    }
  }

  remove(kind: RecordKind, id: string): void {
    this.#written.get(kind)?.delete(id);
    put(this.#removed, kind, id, kind === 'organizationGrants' ? organizationGrantNamed(id) : id);
  }

  /** Names of all records that were touched. */
  names(): readonly RecordName[] {
    return [...this.#written, ...this.#removed].flatMap(([kind, records]) => [...records.keys()].map((id) => ({ kind, id })));
  }

  change(): TenantChange {
    const written: Record<string, unknown> = {};
    for (const [kind, records] of this.#written) {
      if (records.size > 0) written[kind] = kind === 'settings' ? Object.fromEntries(records) : [...records.values()];
    }
    const removed: Record<string, unknown> = {};
    for (const [kind, names] of this.#removed) if (names.size > 0) removed[kind] = [...names.values()];
    return { written: written as TenantRecords, removed: removed as RecordNames };
  }
}

function put<K>(all: Map<K, Map<string, unknown>>, kind: K, id: string, value: unknown): void {
  const ofKind = all.get(kind) ?? new Map<string, unknown>();
  // Anew, so that what is written again stands where it was written last.
  ofKind.delete(id);
  ofKind.set(id, value);
  all.set(kind, ofKind);
}
