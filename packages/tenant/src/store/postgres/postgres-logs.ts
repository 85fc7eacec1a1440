import type { Kysely } from 'kysely';
import type { LogRun } from '../../model/log-entry.ts';
import { TenantError } from '../../tenant-error.ts';
import { logColumns, logRowOf } from '../log-row.ts';
import type { Executor, LogTable } from '../sql-database.ts';
import { rememberingLast, storedText } from '../stored-text.ts';
import type { Tables } from '../tables.ts';
import type { PostgresConnections } from './postgres-connections.ts';

/** The logs in PostgreSQL. */
export function postgresLogs(database: Kysely<Tables>, connections: PostgresConnections): LogTable {
  return {
    append: async (runs) => {
      if (runs.length === 0) return;
      try {
        await copy(connections, runs);
      } catch (error) {
        if (!(error instanceof TenantError && error.code === 'already_exists')) throw error;
        // A call that failed half-way had kept some of them after all.
        await database.transaction().execute((transaction) => insertUnknown(transaction, runs));
      }
    },
    isStored: (id) => database.transaction().execute((transaction) => isStored(transaction, id)),
    forgetSome: (upTo) => database.transaction().execute((transaction) => forgetSomeLogs(transaction, upTo)),
  };
}

async function copy(connections: PostgresConnections, runs: readonly LogRun[]): Promise<void> {
  const connection = await connections.connect();
  try {
    await connection.copy(`copy logs (${logColumns.join(', ')}) from stdin`, rowsOf(runs));
  } finally {
    connection.release();
  }
}

const rowsAtOnce = 1_000;

async function insertUnknown(executor: Executor, runs: readonly LogRun[]): Promise<void> {
  for (let at = 0; at < runs.length; at += rowsAtOnce) {
    await executor
      .insertInto('logs')
      .values(runs.slice(at, at + rowsAtOnce).map(logRowOf))
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  }
}

// A call that got no answer in time may go on in the server. To read would not see what it stores; to insert the same id waits for its end.
async function isStored(executor: Executor, id: string): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await executor
    .insertInto('logs')
    .values({ id, at: 0, type: '', client_id: null, event: '{}', repeats: 0, times: null })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  if (Number(numInsertedOrUpdatedRows) === 0) return true;
  await executor.deleteFrom('logs').where('id', '=', id).execute();
  return false;
}

/** Fields of the text format end with a tab, rows with a line feed, and a backslash begins an escape. */
const special = /[\\\t\n\r]/g;
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function rowsOf(runs: readonly LogRun[]): string {
  const fieldOf = rememberingLast(field);
  const rows = runs.map((run) => {
    const { id, at, type, client_id: clientId, event, repeats, times } = logRowOf(run);
    const client = clientId === null ? '\\N' : field(clientId);
    return `${field(id)}\t${at}\t${field(type)}\t${client}\t${fieldOf(event)}\t${repeats}\t${times ?? '\\N'}\n`;
  });
  return rows.join('');
}

function field(text: string): string {
  return storedText(text).replace(special, (character) => escapes[character] as string);
}

const forgottenAtOnce = 500;

/** Forgets some of the runs whose ids sort up to `upTo`; answers whether there may be more of them. */
async function forgetSomeLogs(executor: Executor, upTo: string): Promise<boolean> {
  const some = executor.selectFrom('logs').select('id').where('id', '<=', upTo).limit(forgottenAtOnce);
  const { numDeletedRows } = await executor.deleteFrom('logs').where('id', 'in', some).executeTakeFirst();
  return Number(numDeletedRows) === forgottenAtOnce;
}
