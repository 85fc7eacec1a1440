import type { Application } from '../model/application.ts';
import type { ClientGrant } from '../model/client-grant.ts';
import type { Credential } from '../model/credential.ts';
import type { IssuingApplication } from '../model/issuing-application.ts';
import type { LogEntry, NewLogEntry } from '../model/log-entry.ts';
import type { Organization, OrganizationGrant } from '../model/organization.ts';
import type { ResourceServer } from '../model/resource-server.ts';
import type { SigningKey } from '../model/signing-key.ts';
import type { LogQuery, Page, PageRequest } from './page.ts';

export type { LogFilter, LogQuery, Page, PageRequest } from './page.ts';

/** Records that are written or were written together. */
export interface TenantRecords {
  readonly settings?: Readonly<Record<string, string>>;
  readonly signingKeys?: readonly SigningKey[];
  readonly resourceServers?: readonly ResourceServer[];
  readonly applications?: readonly Application[];
  readonly credentials?: readonly Credential[];
  readonly organizations?: readonly Organization[];
  readonly clientGrants?: readonly ClientGrant[];
  readonly organizationGrants?: readonly OrganizationGrant[];
}

/** Names of records: key ids, client ids, ids. */
export interface RecordNames {
  readonly signingKeys?: readonly string[];
  readonly resourceServers?: readonly string[];
  readonly applications?: readonly string[];
  readonly credentials?: readonly string[];
  readonly organizations?: readonly string[];
  readonly clientGrants?: readonly string[];
  readonly organizationGrants?: readonly OrganizationGrant[];
}

/** What one write did, or several together. A record stands in at most one of the two. */
export interface TenantChange {
  /** New and changed records as they are now. */
  readonly written: TenantRecords;
  /** Records that are gone, also those that went with another: the grants of a client, of an API, of an organization. */
  readonly removed: RecordNames;
}

/** Which applications; what is not given does not matter. */
export interface ApplicationFilter {
  readonly isGlobal?: boolean | undefined;
  readonly isFirstParty?: boolean | undefined;
  readonly appTypes?: readonly string[] | undefined;
  /** Those with a grant that is associated with this organization. */
  readonly organizationId?: string | undefined;
  /** Those with a grant that is for any organization, or those without one. */
  readonly allowAnyOrganization?: boolean | undefined;
}

/** Which grants; what is not given does not matter. */
export interface ClientGrantFilter {
  readonly ids?: readonly string[] | undefined;
  readonly clientId?: string | undefined;
  readonly resourceServerId?: string | undefined;
  /** Those that are associated with this organization. */
  readonly organizationId?: string | undefined;
  readonly subjectType?: ClientGrant['subjectType'] | undefined;
  readonly allowAnyOrganization?: boolean | undefined;
  readonly defaultFor?: NonNullable<ClientGrant['defaultFor']> | undefined;
}

/** Which APIs; what is not given does not matter. */
export interface ResourceServerFilter {
  readonly ids?: readonly string[] | undefined;
}

/** Which organizations; what is not given does not matter. */
export interface OrganizationFilter {
  /** Those that this grant is associated with. */
  readonly clientGrantId?: string | undefined;
}

/** Reads of a tenant's records. All lists are in the order of creation, the global application last (contract §7.1; unverified, §9.10). */
export interface TenantReader {
  setting(name: string): Promise<string | undefined>;
  application(clientId: string): Promise<Application | undefined>;
  applications(filter: ApplicationFilter, page: PageRequest): Promise<Page<Application>>;
  credential(id: string): Promise<Credential | undefined>;
  /** All of these applications. */
  credentials(...clientIds: string[]): Promise<readonly Credential[]>;
  resourceServer(id: string): Promise<ResourceServer | undefined>;
  resourceServers(filter: ResourceServerFilter, page: PageRequest): Promise<Page<ResourceServer>>;
  clientGrant(id: string): Promise<ClientGrant | undefined>;
  clientGrants(filter: ClientGrantFilter, page: PageRequest): Promise<Page<ClientGrant>>;
  organization(id: string): Promise<Organization | undefined>;
  organizationNamed(name: string): Promise<Organization | undefined>;
  organizations(filter: OrganizationFilter, page: PageRequest): Promise<Page<Organization>>;
  /** All. */
  signingKeys(): Promise<readonly SigningKey[]>;
}

/**
 * Reads and writes of one transaction: of all that write, on whatever node, one does at a time, so what it read stays true until it ends.
 * After a call that threw, the transaction cannot succeed any more.
 */
export interface TenantWriter extends TenantReader {
  /** Throws `already_exists` where one of them does, or another of the same unique name; `not_found` where one points at a record that there is not. */
  insert(records: TenantRecords): Promise<void>;
  /** Puts each in the place of the one with its name; settings may be new. Throws `not_found`, and `already_exists` for a unique name that is taken. */
  replace(records: TenantRecords): Promise<void>;
  /** Removes what is there of `names`, and answers it with all that went with it. */
  remove(names: RecordNames): Promise<RecordNames>;
}

/** All that issuing a token reads. */
export interface IssuingRecords extends Required<Omit<TenantRecords, 'applications'>> {
  readonly applications: readonly IssuingApplication[];
}

/** Tokens counted against a quota. */
export interface UsageEntry {
  /** Whose, and by what measure. */
  readonly bucket: string;
  /** Epoch milliseconds. */
  readonly windowStartMs: number;
  readonly count: number;
}

/** Which entries of the logs stay. */
export interface LogBounds {
  /** Epoch milliseconds: what is older goes. */
  readonly olderThanMs: number;
  /** So many stay at most, the newest. */
  readonly keep: number;
}

/** What {@link TenantStore.check} found. */
export interface StoreReport {
  readonly kind: 'sqlite' | 'postgres';
  /** Name and version of the database. */
  readonly server: string;
  /** Last step of the schema. */
  readonly schema: string;
  /** What the database itself says is wrong with it, and records that point nowhere. Empty: nothing. */
  readonly problems: readonly string[];
  /** Records of each kind. */
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * Where a tenant lives. A write that has resolved survives the death of the process; it is whole or not at all.
 * Every implementation passes `tenantStoreContract`.
 *
 * Every method throws {@link TenantError} `store_unavailable` while the database cannot be reached, and a write `store_full` where it has no room.
 */
export interface TenantStore extends TenantReader {
  /**
   * Runs `work` in one transaction and answers what it answers. All that it wrote is durable and announced before this resolves; where it throws, nothing is written.
   * `work` reads through its transaction alone and does nothing slow: others that write wait for it.
   */
  write<T>(work: (transaction: TenantWriter) => Promise<T>): Promise<T>;
  /** Calls `listener` with each write: of this node before the write resolves, of others within a second. */
  onChange(listener: (change: TenantChange) => void): void;
  /** What a {@link onChange} listener is to begin with; from then on it is told of every change. */
  issuing(): Promise<IssuingRecords>;
  /** Whether this is the first use of an assertion, on whatever node. It is remembered until `expiresAtMs`. */
  claimAssertion(clientId: string, jti: string, expiresAtMs: number): Promise<boolean>;
  /** Forgets assertions that expired before `nowMs`. */
  pruneAssertions(nowMs: number): Promise<void>;
  /** Adds each count to what is counted already for its bucket and window. */
  addUsage(entries: readonly UsageEntry[]): Promise<void>;
  /** What was counted in windows that began at `windowStartMs` or later. */
  usageSince(windowStartMs: number): Promise<readonly UsageEntry[]>;
  /** Forgets windows that began before `windowStartMs`. */
  pruneUsage(windowStartMs: number): Promise<void>;
  /** Keeps `entries`. One whose id is kept already stays as it is, so a batch may be given again. */
  appendLogs(entries: readonly NewLogEntry[]): Promise<void>;
  logs(query: LogQuery): Promise<Page<LogEntry>>;
  log(id: string): Promise<LogEntry | undefined>;
  pruneLogs(bounds: LogBounds): Promise<void>;
  /** Writes a copy of the database, whole and usable, to a new file at `path`. SQLite only; PostgreSQL has tools of its own. */
  readonly backup?: ((path: string) => Promise<void>) | undefined;
  /** How the database is; reads all of it. */
  check(): Promise<StoreReport>;
  close(): Promise<void>;
}
