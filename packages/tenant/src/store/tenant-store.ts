import type { Application } from '../model/application.ts';
import type { ClientGrant } from '../model/client-grant.ts';
import type { ResourceServer } from '../model/resource-server.ts';
import type { SigningKey } from '../model/signing-key.ts';

/** Records that are written or were written together. */
export interface TenantRecords {
  readonly settings?: Readonly<Record<string, string>>;
  readonly signingKeys?: readonly SigningKey[];
  readonly resourceServers?: readonly ResourceServer[];
  readonly applications?: readonly Application[];
  readonly clientGrants?: readonly ClientGrant[];
}

/** Which part of a list is wanted: by number, or what follows a place that an earlier page named. */
export type PageRequest =
  | { readonly kind: 'offset'; readonly offset: number; readonly limit: number }
  | { readonly kind: 'after'; readonly after: string | undefined; readonly limit: number };

/** Part of a list in its lasting order: as created, the global application last (contract §7.1; unverified, §9.10). */
export interface Page<T> {
  readonly items: readonly T[];
  /** Records on all pages together. */
  readonly total: number;
  /** Place after the last of `items`; undefined where nothing follows. */
  readonly next: string | undefined;
}

/** Which applications; what is not given does not matter. */
export interface ApplicationFilter {
  readonly isGlobal?: boolean | undefined;
  readonly isFirstParty?: boolean | undefined;
  readonly appTypes?: readonly string[] | undefined;
}

/** Which grants; what is not given does not matter. */
export interface ClientGrantFilter {
  readonly clientId?: string | undefined;
  readonly resourceServerId?: string | undefined;
}

/** Which APIs; what is not given does not matter. */
export interface ResourceServerFilter {
  readonly ids?: readonly string[] | undefined;
}

/**
 * Where a tenant lives. A write that has resolved survives the death of the process; it is whole or not at all.
 * Every implementation passes `tenantStoreContract`.
 */
export interface TenantStore {
  /** Writes all of `records` in one transaction. Throws `already_exists` where one of them does, and then writes none. */
  insert(records: TenantRecords): Promise<void>;
  /** Throws `not_found` for an unknown API. */
  setTokenLifetime(resourceServerId: string, seconds: number): Promise<void>;
  /** Calls `listener` with each write after it is durable and before the write resolves. */
  onWrite(listener: (written: TenantRecords) => void): void;
  /** Everything there is. */
  everything(): Promise<TenantRecords>;
  setting(name: string): Promise<string | undefined>;
  application(clientId: string): Promise<Application | undefined>;
  applications(filter: ApplicationFilter, page: PageRequest): Promise<Page<Application>>;
  clientGrants(filter: ClientGrantFilter, page: PageRequest): Promise<Page<ClientGrant>>;
  resourceServers(filter: ResourceServerFilter, page: PageRequest): Promise<Page<ResourceServer>>;
  close(): Promise<void>;
}
