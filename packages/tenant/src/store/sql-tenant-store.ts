import type { Expression, ExpressionBuilder, Kysely, SqlBool, Transaction } from 'kysely';
import type { Application } from '../model/application.ts';
import type { ClientGrant } from '../model/client-grant.ts';
import type { ResourceServer } from '../model/resource-server.ts';
import { TenantError } from '../tenant-error.ts';
import { applicationRow, clientGrantRow, resourceServerRow, signingKeyRow } from './rows.ts';
import type { Seal } from './seal.ts';
import type { Tables } from './tables.ts';
import type {
  ApplicationFilter,
  ClientGrantFilter,
  Page,
  PageRequest,
  ResourceServerFilter,
  TenantRecords,
  TenantStore,
} from './tenant-store.ts';

type Listed = 'applications' | 'client_grants' | 'resource_servers';

const isConflict = (error: unknown): boolean => /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)$/.test(String((error as { code?: unknown }).code));

/** The tenant store over SQL. Secrets and private keys are sealed before they reach a statement. */
export class SqlTenantStore implements TenantStore {
  readonly #database: Kysely<Tables>;
  readonly #seal: Seal;
  readonly #listeners: ((written: TenantRecords) => void)[] = [];

  constructor(database: Kysely<Tables>, seal: Seal) {
    this.#database = database;
    this.#seal = seal;
  }

  async insert(records: TenantRecords): Promise<void> {
    try {
      await this.#database.transaction().execute((transaction) => this.#insertAll(transaction, records));
    } catch (cause) {
      if (!isConflict(cause)) throw cause;
      throw new TenantError('already_exists', { problem: 'One of the records stands in the store already; nothing was written', cause });
    }
    this.#announce(records);
  }

  async #insertAll(transaction: Transaction<Tables>, records: TenantRecords): Promise<void> {
    for (const [name, value] of Object.entries(records.settings ?? {})) {
      await transaction.insertInto('settings').values({ name, value }).execute();
    }
    for (const key of records.signingKeys ?? []) {
      await transaction.insertInto('signing_keys').values(signingKeyRow.from(key, this.#seal)).execute();
    }
    for (const server of records.resourceServers ?? []) {
      await transaction.insertInto('resource_servers').values(resourceServerRow.from(server)).execute();
    }
    for (const application of records.applications ?? []) {
      await transaction.insertInto('applications').values(applicationRow.from(application, this.#seal)).execute();
    }
    for (const grant of records.clientGrants ?? []) {
      await transaction.insertInto('client_grants').values(clientGrantRow.from(grant)).execute();
    }
  }

  async setTokenLifetime(resourceServerId: string, seconds: number): Promise<void> {
    const row = await this.#database
      .updateTable('resource_servers')
      .set({ token_lifetime: seconds })
      .where('id', '=', resourceServerId)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw new TenantError('not_found', { problem: 'There is no such resource server', place: resourceServerId });
    this.#announce({ resourceServers: [resourceServerRow.to(row)] });
  }

  onWrite(listener: (written: TenantRecords) => void): void {
    this.#listeners.push(listener);
  }

  #announce(written: TenantRecords): void {
    for (const listener of this.#listeners) listener(written);
  }

  async everything(): Promise<TenantRecords> {
    return this.#database.transaction().execute(async (transaction) => {
      const settings = await transaction.selectFrom('settings').selectAll().execute();
      const keys = await transaction.selectFrom('signing_keys').selectAll().orderBy('sequence').execute();
      const servers = await transaction.selectFrom('resource_servers').selectAll().orderBy('sequence').execute();
      const applications = await transaction.selectFrom('applications').selectAll().orderBy('is_global').orderBy('sequence').execute();
      const grants = await transaction.selectFrom('client_grants').selectAll().orderBy('sequence').execute();
      return {
        settings: Object.fromEntries(settings.map(({ name, value }) => [name, value])),
        signingKeys: keys.map((row) => signingKeyRow.to(row, this.#seal)),
        resourceServers: servers.map((row) => resourceServerRow.to(row)),
        applications: applications.map((row) => applicationRow.to(row, this.#seal)),
        clientGrants: grants.map((row) => clientGrantRow.to(row)),
      };
    });
  }

  async setting(name: string): Promise<string | undefined> {
    const row = await this.#database.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirst();
    return row?.value;
  }

  async application(clientId: string): Promise<Application | undefined> {
    const row = await this.#database.selectFrom('applications').selectAll().where('client_id', '=', clientId).executeTakeFirst();
    return row && applicationRow.to(row, this.#seal);
  }

  async applications({ isGlobal, isFirstParty, appTypes }: ApplicationFilter, page: PageRequest): Promise<Page<Application>> {
    const matches = (eb: ExpressionBuilder<Tables, 'applications'>): Expression<SqlBool>[] => [
      ...(isGlobal === undefined ? [] : [eb('is_global', '=', isGlobal ? 1 : 0)]),
      ...(isFirstParty === undefined ? [] : [eb('is_first_party', '=', isFirstParty ? 1 : 0)]),
      ...(appTypes === undefined ? [] : [eb('app_type', 'in', appTypes)]),
    ];
    const [globalPlace, sequence] = placeOf(page);
    let query = this.#database
      .selectFrom('applications')
      .selectAll()
      .where((eb) => eb.and(matches(eb)));
    if (sequence !== undefined) {
      query = query.where((eb) => eb(eb.refTuple('is_global', 'sequence'), '>', eb.tuple(globalPlace ?? 0, sequence)));
    }
    const rows = await query
      .orderBy('is_global')
      .orderBy('sequence')
      .offset(offsetOf(page))
      .limit(page.limit + 1)
      .execute();
    const total = await this.#count('applications', (eb) => matches(eb as ExpressionBuilder<Tables, 'applications'>));
    return pageOf(rows, total, page, (row) => applicationRow.to(row, this.#seal));
  }

  async clientGrants({ clientId, resourceServerId }: ClientGrantFilter, page: PageRequest): Promise<Page<ClientGrant>> {
    const matches = (eb: ExpressionBuilder<Tables, 'client_grants'>): Expression<SqlBool>[] => [
      ...(clientId === undefined ? [] : [eb('client_id', '=', clientId)]),
      ...(resourceServerId === undefined ? [] : [eb('resource_server_id', '=', resourceServerId)]),
    ];
    const [, sequence] = placeOf(page);
    const rows = await this.#database
      .selectFrom('client_grants')
      .selectAll()
      .where((eb) => eb.and([...matches(eb), eb('sequence', '>', sequence ?? 0)]))
      .orderBy('sequence')
      .offset(offsetOf(page))
      .limit(page.limit + 1)
      .execute();
    const total = await this.#count('client_grants', (eb) => matches(eb as ExpressionBuilder<Tables, 'client_grants'>));
    return pageOf(rows, total, page, (row) => clientGrantRow.to(row));
  }

  async resourceServers({ ids }: ResourceServerFilter, page: PageRequest): Promise<Page<ResourceServer>> {
    const matches = (eb: ExpressionBuilder<Tables, 'resource_servers'>): Expression<SqlBool>[] =>
      ids === undefined ? [] : [eb('id', 'in', ids)];
    const [, sequence] = placeOf(page);
    const rows = await this.#database
      .selectFrom('resource_servers')
      .selectAll()
      .where((eb) => eb.and([...matches(eb), eb('sequence', '>', sequence ?? 0)]))
      .orderBy('sequence')
      .offset(offsetOf(page))
      .limit(page.limit + 1)
      .execute();
    const total = await this.#count('resource_servers', (eb) => matches(eb as ExpressionBuilder<Tables, 'resource_servers'>));
    return pageOf(rows, total, page, (row) => resourceServerRow.to(row));
  }

  async #count(table: Listed, matches: (eb: ExpressionBuilder<Tables, Listed>) => Expression<SqlBool>[]): Promise<number> {
    const row = await this.#database
      .selectFrom(table)
      .select((eb) => eb.fn.countAll<number>().as('total'))
      .where((eb) => eb.and(matches(eb as ExpressionBuilder<Tables, Listed>)))
      .executeTakeFirstOrThrow();
    return Number(row.total);
  }

  async close(): Promise<void> {
    await this.#database.destroy();
  }
}

const offsetOf = (page: PageRequest): number => (page.kind === 'offset' ? page.offset : 0);

function placeOf(page: PageRequest): [isGlobal?: number, sequence?: number] {
  if (page.kind === 'offset' || page.after === undefined) return [];
  const [isGlobal, sequence] = page.after.split('.').map(Number);
  return [isGlobal ?? 0, sequence ?? 0];
}

// One row more than wanted was read, so that it is known whether anything follows.
function pageOf<R extends { sequence: number; is_global?: number }, T>(
  rows: R[],
  total: number,
  page: PageRequest,
  to: (row: R) => T,
): Page<T> {
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  const next = rows.length > page.limit && last !== undefined ? `${last.is_global ?? 0}.${last.sequence}` : undefined;
  return { items: shown.map(to), total, next };
}
