import type { Executor } from './sql-database.ts';

interface Claim {
  readonly clientId: string;
  readonly jti: string;
  readonly expiresAtMs: number;
  readonly settle: (isFirst: boolean) => void;
  readonly fail: (error: unknown) => void;
}

/** Number of assertions that are noted in one transaction. */
const claimsAtOnce = 1_000;

/**
 * Notes which assertions were used. Those that arrive while a transaction is being written are noted together in the next one: with a transaction for each, a
 * few hundred tokens a second would be the limit of the disk.
 */
export class UsedAssertions {
  readonly #write: <T>(work: (transaction: Executor) => Promise<T>) => Promise<T>;
  #waiting: Claim[] = [];
  #isWriting = false;

  /** `write`: runs work in a transaction. */
  constructor(write: <T>(work: (transaction: Executor) => Promise<T>) => Promise<T>) {
    this.#write = write;
  }

  /** Notes that an assertion was used; answers whether it was not yet. */
  async claim(clientId: string, jti: string, expiresAtMs: number): Promise<boolean> {
    return await new Promise((settle, fail) => {
      this.#waiting.push({ clientId, jti, expiresAtMs, settle, fail });
      if (!this.#isWriting) void this.#writeAll();
    });
  }

  /** Forgets the assertions that expired before `nowMs`. */
  async prune(nowMs: number): Promise<void> {
    await this.#write((transaction) => transaction.deleteFrom('used_assertions').where('expires_at', '<', nowMs).execute());
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const claims = this.#waiting.splice(0, claimsAtOnce);
      try {
        const firsts = await this.#write((transaction) => noteAll(transaction, claims));
        // Of several in one go that are the same, the first one has it.
        for (const claim of claims) claim.settle(firsts.delete(nameOf(claim.clientId, claim.jti)));
      } catch (error) {
        for (const claim of claims) claim.fail(error);
      }
    }
    this.#isWriting = false;
  }
}

/** Notes `claims`; answers the names of those that were new. */
async function noteAll(transaction: Executor, claims: readonly Claim[]): Promise<Set<string>> {
  // In one order on all nodes, so that no two wait for each other; PostgreSQL passes over those that are there twice.
  const rows = claims
    .map(({ clientId, jti, expiresAtMs }) => ({ client_id: clientId, jti, expires_at: expiresAtMs }))
    .sort((a, b) => (nameOf(a.client_id, a.jti) < nameOf(b.client_id, b.jti) ? -1 : 1));
  const noted = await transaction
    .insertInto('used_assertions')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .returning(['client_id', 'jti'])
    .execute();
  return new Set(noted.map((row) => nameOf(row.client_id, row.jti)));
}

const nameOf = (clientId: string, jti: string): string => JSON.stringify([clientId, jti]);
