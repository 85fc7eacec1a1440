import type { Kysely } from 'kysely';
import type { NewLogEntry } from '../../model/log-entry.ts';
import { TenantError } from '../../tenant-error.ts';
import type { Executor, LogTable } from '../sql-database.ts';
import { rememberingLast, storedText } from '../stored-text.ts';
import type { Tables } from '../tables.ts';
import type { PostgresConnections } from './postgres-connections.ts';

/** The logs in PostgreSQL. */
export function postgresLogs(database: Kysely<Tables>, connections: PostgresConnections): LogTable {
  return {
    append: async (entries) => {
      if (entries.length === 0) return;
      try {
        await copy(connections, entries);
      } catch (error) {
        if (!(error instanceof TenantError && error.code === 'already_exists')) throw error;
        // A call that failed half-way had kept some of them after all.
        await database.transaction().execute((transaction) => insertUnknown(transaction, entries));
      }
    },
    forgetSome: (bounds) => database.transaction().execute((transaction) => forgetSomeLogs(transaction, bounds)),
  };
}

async function copy(connections: PostgresConnections, entries: readonly NewLogEntry[]): Promise<void> {
  const connection = await connections.connect();
  try {
    await connection.copy('copy logs (id, at, type, client_id, event) from stdin', rowsOf(entries));
  } finally {
    connection.release();
  }
}

const entriesAtOnce = 1_000;

async function insertUnknown(executor: Executor, entries: readonly NewLogEntry[]): Promise<void> {
  for (let at = 0; at < entries.length; at += entriesAtOnce) {
    const rows = entries
      .slice(at, at + entriesAtOnce)
      .map(({ id, atMs, type, clientId, event }) => ({ id, at: atMs, type, client_id: clientId ?? null, event }));
    await executor
      .insertInto('logs')
      .values(rows)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  }
}

/** Fields of the text format end with a tab, rows with a line feed, and a backslash begins an escape. */
const special = /[\\\t\n\r]/g;
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function rowsOf(entries: readonly NewLogEntry[]): string {
  const fieldOf = rememberingLast(field);
  const rows = entries.map(({ id, atMs, type, clientId, event }) => {
    const client = clientId === undefined ? '\\N' : field(clientId);
    return `${field(id)}\t${atMs}\t${field(type)}\t${client}\t${fieldOf(event)}\n`;
  });
  return rows.join('');
}

function field(text: string): string {
  return storedText(text).replace(special, (character) => escapes[character] as string);
}

const forgottenAtOnce = 500;

/** Forgets some of the entries that are older than `olderThanMs`, or not newer than `upTo`; answers whether there may be more of them. */
async function forgetSomeLogs(
  executor: Executor,
  { olderThanMs, upTo = '' }: { olderThanMs: number; upTo: string | undefined },
): Promise<boolean> {
  const some = executor
    .selectFrom('logs')
    .select('id')
    .where((eb) => eb.or([eb('at', '<', olderThanMs), eb('id', '<=', upTo)]))
    .limit(forgottenAtOnce);
  const { numDeletedRows } = await executor.deleteFrom('logs').where('id', 'in', some).executeTakeFirst();
  return Number(numDeletedRows) === forgottenAtOnce;
}
