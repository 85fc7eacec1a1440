import type { Kysely, Transaction } from 'kysely';
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
    let matching = this.#database.selectFrom('applications');
    if (isGlobal !== undefined) matching = matching.where('is_global', '=', isGlobal ? 1 : 0);
    if (isFirstParty !== undefined) matching = matching.where('is_first_party', '=', isFirstParty ? 1 : 0);
    if (appTypes !== undefined) matching = matching.where('app_type', 'in', appTypes);
    const { total } = await matching.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
    const { offset, limit, place } = extentOf(page);
    const rows = await matching
      .selectAll()
      .where((eb) => eb(eb.refTuple('is_global', 'sequence'), '>', eb.tuple(place.isGlobal, place.sequence)))
      .orderBy('is_global')
      .orderBy('sequence')
      .offset(offset)
      .limit(limit)
      .execute();
    return pageOf(rows, total, page, (row) => applicationRow.to(row, this.#seal));
  }

  async clientGrants({ clientId, resourceServerId }: ClientGrantFilter, page: PageRequest): Promise<Page<ClientGrant>> {
    let matching = this.#database.selectFrom('client_grants');
    if (clientId !== undefined) matching = matching.where('client_id', '=', clientId);
    if (resourceServerId !== undefined) matching = matching.where('resource_server_id', '=', resourceServerId);
    const { total } = await matching.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
    const { offset, limit, place } = extentOf(page);
    const following = matching.selectAll().where('sequence', '>', place.sequence).orderBy('sequence');
    return pageOf(await following.offset(offset).limit(limit).execute(), total, page, (row) => clientGrantRow.to(row));
  }

  async resourceServers({ ids }: ResourceServerFilter, page: PageRequest): Promise<Page<ResourceServer>> {
    let matching = this.#database.selectFrom('resource_servers');
    if (ids !== undefined) matching = matching.where('id', 'in', ids);
    const { total } = await matching.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
    const { offset, limit, place } = extentOf(page);
    const following = matching.selectAll().where('sequence', '>', place.sequence).orderBy('sequence');
    return pageOf(await following.offset(offset).limit(limit).execute(), total, page, (row) => resourceServerRow.to(row));
  }

  async close(): Promise<void> {
    await this.#database.destroy();
  }
}

// One row more than wanted, so that it is known whether anything follows; sequences begin at 1.
function extentOf(page: PageRequest): { offset: number; limit: number; place: { isGlobal: number; sequence: number } } {
  const after = page.kind === 'after' ? page.after : undefined;
  const [isGlobal = 0, sequence = 0] = after === undefined ? [] : after.split('.').map(Number);
  return { offset: page.kind === 'offset' ? page.offset : 0, limit: page.limit + 1, place: { isGlobal, sequence } };
}

function pageOf<R extends { sequence: number; is_global?: number }, T>(
  rows: R[],
  total: number,
  page: PageRequest,
  to: (row: R) => T,
): Page<T> {
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  const next = rows.length > page.limit && last !== undefined ? `${last.is_global ?? 0}.${last.sequence}` : undefined;
  return { items: shown.map(to), total: Number(total), next };
}
