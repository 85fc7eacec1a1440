import type { Executor } from './sql-database.ts';

/** Notes that an assertion was used; answers whether it was not yet. */
export async function claimAssertion(executor: Executor, clientId: string, jti: string, expiresAtMs: number): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await executor
    .insertInto('used_assertions')
    .values({ client_id: clientId, jti, expires_at: expiresAtMs })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** Forgets what expired before `nowMs`. */
export async function pruneAssertions(executor: Executor, nowMs: number): Promise<void> {
  await executor.deleteFrom('used_assertions').where('expires_at', '<', nowMs).execute();
}
