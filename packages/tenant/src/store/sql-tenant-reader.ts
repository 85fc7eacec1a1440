import type { Application } from '../model/application.ts';
import type { ClientGrant } from '../model/client-grant.ts';
import type { Credential } from '../model/credential.ts';
import type { Organization } from '../model/organization.ts';
import type { ResourceServer } from '../model/resource-server.ts';
import type { SigningKey } from '../model/signing-key.ts';
import type { Page, PageRequest } from './page.ts';
import { applicationTable, isWantedApplication } from './records/applications.ts';
import { clientGrantTable, isWantedGrant } from './records/client-grants.ts';
import { credentialTable } from './records/credentials.ts';
import { isWantedOrganization, organizationTable } from './records/organizations.ts';
import { allRecords, recordsNamed, recordsWith } from './records/record-operations.ts';
import { pageOfRecords } from './records/record-page.ts';
import type { RecordKind, RecordOf, RecordTable } from './records/record-table.ts';
import { isWantedResourceServer, resourceServerTable } from './records/resource-servers.ts';
import { signingKeyTable } from './records/signing-keys.ts';
import type { Seal } from './seal.ts';
import type { Executor } from './sql-database.ts';
import type { ApplicationFilter, ClientGrantFilter, OrganizationFilter, ResourceServerFilter, TenantReader } from './tenant-store.ts';
import type { Totals } from './totals.ts';

/** What a reader reads with. */
export interface ReaderParts {
  readonly seal: Seal;
  readonly totals: Totals;
}

/** Reads of a tenant's records, of the database or within one transaction. */
export class SqlTenantReader implements TenantReader {
  readonly #executor: Executor;
  readonly #parts: ReaderParts;

  constructor(executor: Executor, parts: ReaderParts) {
    this.#executor = executor;
    this.#parts = parts;
  }

  async setting(name: string): Promise<string | undefined> {
    const row = await this.#executor.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirst();
    return row?.value;
  }

  async application(clientId: string): Promise<Application | undefined> {
    return await this.#named(applicationTable, clientId);
  }

  async applications(filter: ApplicationFilter, page: PageRequest): Promise<Page<Application>> {
    return await pageOfRecords(this.#executor, applicationTable, { filter, isWanted: isWantedApplication, page }, this.#parts);
  }

  async credential(id: string): Promise<Credential | undefined> {
    return await this.#named(credentialTable, id);
  }

  async credentials(...clientIds: string[]): Promise<readonly Credential[]> {
    return await recordsWith(this.#executor, credentialTable, 'client_id', clientIds, this.#parts.seal);
  }

  async resourceServer(id: string): Promise<ResourceServer | undefined> {
    return await this.#named(resourceServerTable, id);
  }

  async resourceServers(filter: ResourceServerFilter, page: PageRequest): Promise<Page<ResourceServer>> {
    return await pageOfRecords(this.#executor, resourceServerTable, { filter, isWanted: isWantedResourceServer, page }, this.#parts);
  }

  async clientGrant(id: string): Promise<ClientGrant | undefined> {
    return await this.#named(clientGrantTable, id);
  }

  async clientGrants(filter: ClientGrantFilter, page: PageRequest): Promise<Page<ClientGrant>> {
    return await pageOfRecords(this.#executor, clientGrantTable, { filter, isWanted: isWantedGrant, page }, this.#parts);
  }

  async organization(id: string): Promise<Organization | undefined> {
    return await this.#named(organizationTable, id);
  }

  async organizationNamed(name: string): Promise<Organization | undefined> {
    const [organization] = await recordsWith(this.#executor, organizationTable, 'name', [name], this.#parts.seal);
    return organization;
  }

  async organizations(filter: OrganizationFilter, page: PageRequest): Promise<Page<Organization>> {
    return await pageOfRecords(this.#executor, organizationTable, { filter, isWanted: isWantedOrganization, page }, this.#parts);
  }

  async signingKeys(): Promise<readonly SigningKey[]> {
    return await allRecords(this.#executor, signingKeyTable, this.#parts.seal);
  }

  async #named<K extends RecordKind>(table: RecordTable<K>, id: string): Promise<RecordOf<K> | undefined> {
    const [record] = await recordsNamed(this.#executor, table, [id], this.#parts.seal);
    return record;
  }
}
