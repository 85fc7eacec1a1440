import type { Insertable, Selectable } from 'kysely';
import type { Seal } from '../seal.ts';
import type { Tables } from '../tables.ts';
import type { TenantRecords } from '../tenant-store.ts';

/** Kinds of records that stand in a table of their own, by their names in {@link TenantRecords}. */
export type RecordKind = Exclude<keyof TenantRecords, 'settings'>;

/** The record of a kind. */
export type RecordOf<K extends RecordKind> = NonNullable<TenantRecords[K]>[number];

type TableName = Exclude<keyof Tables, 'settings' | 'change_version' | 'changes' | 'used_assertions' | 'token_usage' | 'logs'>;

/** Turns the records of a kind into rows of their table and back. */
export interface RecordTable<K extends RecordKind = RecordKind, T extends TableName = TableName> {
  readonly kind: K;
  readonly table: T;
  /** The column that names a record. */
  readonly key: string;
  /** A text column that is part of every unique constraint beside the key; undefined where there is no such constraint. */
  readonly unique?: string;
  /** The columns that lists are ordered by. */
  readonly order: readonly ('is_global' | 'sequence')[];
  idOf(record: RecordOf<K>): string;
  toRow(record: RecordOf<K>, seal: Seal): Insertable<Tables[T]>;
  toRecord(row: Selectable<Tables[T]>, seal: Seal): RecordOf<K>;
}
