import type { Application } from '../model/application.ts';
import type { ClientGrant } from '../model/client-grant.ts';
import type { Credential } from '../model/credential.ts';
import type { IssuingApplication } from '../model/issuing-application.ts';
import type { LogEntry, LogRun } from '../model/log-entry.ts';
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

/** Which applications are wanted. A field that is left out does not matter. */
export interface ApplicationFilter {
  readonly isGlobal?: boolean | undefined;
  readonly isFirstParty?: boolean | undefined;
  readonly appTypes?: readonly string[] | undefined;
  /** Those with a grant that is associated with this organization. */
  readonly organizationId?: string | undefined;
  /** Those with a grant that is for any organization, or those without one. */
  readonly allowAnyOrganization?: boolean | undefined;
}

/** Which grants are wanted. A field that is left out does not matter. */
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

/** Which APIs are wanted. A field that is left out does not matter. */
export interface ResourceServerFilter {
  readonly ids?: readonly string[] | undefined;
}

/** Which organizations are wanted. A field that is left out does not matter. */
export interface OrganizationFilter {
  /** Those that this grant is associated with. */
  readonly clientGrantId?: string | undefined;
}

/** Reads of a tenant's records. All lists are in the order of creation, the global application last. */
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
 * Reads and writes of one transaction. Over all nodes only one transaction writes at a time, so that what it has read stays true until it ends.
 * After a call that threw, the transaction cannot succeed any more.
 */
export interface TenantWriter extends TenantReader {
  /** Writes new records. Throws `already_exists` for an id or a unique name that is taken, `not_found` for a reference to a record that does not exist. */
  insert(records: TenantRecords): Promise<void>;
  /**
   * Replaces records by their ids; settings may be new. Unique names may move from one of the records to another in the same call.
   * Throws `not_found`, and `already_exists` for a unique name that another record has.
   */
  replace(records: TenantRecords): Promise<void>;
  /** Removes the records that exist of `names`, and all that depend on them; answers the names of everything that was removed. */
  remove(names: RecordNames): Promise<RecordNames>;
}

/** All that issuing a token reads. */
export interface IssuingRecords extends Required<Omit<TenantRecords, 'applications'>> {
  readonly applications: readonly IssuingApplication[];
}

/** Tokens counted against a quota. */
export interface UsageEntry {
  /** Who the tokens are counted for, and in which period. */
  readonly bucket: string;
  /** Epoch milliseconds. */
  readonly windowStartMs: number;
  readonly count: number;
}

/** Which entries of the logs are kept. */
export interface LogBounds {
  /** Epoch milliseconds: what was written before that goes. */
  readonly olderThanMs: number;
  /** Number of entries that are kept, the newest, and further ones of the run of the oldest of them. */
  readonly keep: number;
}

/** What {@link TenantStore.check} found. */
export interface StoreReport {
  readonly kind: 'sqlite' | 'postgres';
  /** Name and version of the database. */
  readonly server: string;
  /** Last step of the schema. */
  readonly schema: string;
  /** What the database reports as wrong with itself, and records that point at none. Empty where all is well. */
  readonly problems: readonly string[];
  /** Records of each kind. */
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * The records of a tenant. A write that has resolved survives the death of the process; a write is done completely or not at all.
 * Every implementation passes `tenantStoreContract`.
 *
 * Every method throws {@link TenantError} `store_unavailable` while the database cannot be reached, and a write `store_full` where it has no room.
 */
export interface TenantStore extends TenantReader {
  /** Whether other nodes may write to it, too. */
  readonly isShared: boolean;
  /**
   * Runs `work` in one transaction and answers what it answers. All that it wrote is durable and announced before this resolves. Where `work` throws, nothing
   * is written.
   * `work` reads through its transaction alone and does nothing slow: others that write wait for it.
   */
  write<T>(work: (transaction: TenantWriter) => Promise<T>): Promise<T>;
  /** Calls `listener` with each write of this node, before it resolves, and with the writes of other nodes within a second. */
  onChange(listener: (change: TenantChange) => void): void;
  /** Tells the listeners at once what other nodes wrote until now. Throws `store_unavailable` as all do: then they may lag behind. */
  catchUp(): Promise<void>;
  /** Everything that is needed to issue tokens. A listener of {@link onChange} starts with it, and is told of every change from then on. */
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
  /** Keeps all of `runs` or none. One whose id is kept already stays as it is, so a batch may be given again. */
  appendLogs(runs: readonly LogRun[]): Promise<void>;
  /** Whether the run that begins with this id is kept; not answered while a call that failed may still come to keep it. */
  isLogKept(id: string): Promise<boolean>;
  logs(query: LogQuery): Promise<Page<LogEntry>>;
  log(id: string): Promise<LogEntry | undefined>;
  pruneLogs(bounds: LogBounds): Promise<void>;
  /** Writes a copy of the database, whole and usable, to a new file at `path`. SQLite only; PostgreSQL has tools of its own. */
  readonly backup?: ((path: string) => Promise<void>) | undefined;
  /** Examines the database; reads all of it. */
  check(): Promise<StoreReport>;
  close(): Promise<void>;
}
