import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import type { Application } from '../model/application.ts';
import type { ClientGrant } from '../model/client-grant.ts';
import type { Credential } from '../model/credential.ts';
import type { Organization, OrganizationGrant } from '../model/organization.ts';
import { identifierOf, type ResourceServer } from '../model/resource-server.ts';
import type { TenantSettings } from '../model/tenant-settings.ts';
import { TenantError } from '../tenant-error.ts';
import type { DeployRecord } from './deploy-document.ts';
import type { ImportedRecord, ImportReport, SkippedPart } from './import-report.ts';
import type { TenantContents } from './tenant-contents.ts';

/** A tenant on its way to what a document says: reads see what was put before. */
export class ImportDraft {
  readonly domain: string;
  readonly nowMs: number;
  readonly #isManagement: (audience: string) => boolean;
  readonly applications: Kept<Application>;
  readonly resourceServers: Kept<ResourceServer>;
  readonly clientGrants: Kept<ClientGrant>;
  readonly organizations: Kept<Organization>;
  readonly credentials: Kept<Credential>;
  readonly organizationGrants: Kept<OrganizationGrant>;
  settings: TenantSettings;
  readonly #claimed = new Set<string>();
  readonly #records: ImportedRecord[] = [];
  readonly #skipped: SkippedPart[] = [];

  /** `isManagement`: whether the document means the Management API by an audience that no API here has. */
  constructor(contents: TenantContents, at: { domain: string; nowMs: number; isManagement: (audience: string) => boolean }) {
    this.domain = at.domain;
    this.nowMs = at.nowMs;
    this.#isManagement = at.isManagement;
    this.applications = new Kept(
      contents.applications,
      ({ clientId }) => clientId,
      ({ properties }) => properties.name,
    );
    this.resourceServers = new Kept(contents.resourceServers, ({ id }) => id);
    this.clientGrants = new Kept(contents.clientGrants, ({ id }) => id, holderOf);
    this.organizations = new Kept(contents.organizations, ({ id }) => id);
    this.credentials = new Kept(
      contents.credentials,
      ({ id }) => id,
      ({ clientId }) => clientId,
    );
    this.organizationGrants = new Kept(
      contents.organizationGrants,
      ({ organizationId, clientGrantId }) => `${organizationId} ${clientGrantId}`,
    );
    this.settings = contents.settings;
  }

  get report(): ImportReport {
    return { records: this.#records, skipped: this.#skipped };
  }

  skip(what: string, why: string): void {
    this.#skipped.push({ what, why });
  }

  /** Tells of a record. `fields` that changed; undefined for one that is new. */
  tell(kind: ImportedRecord['kind'], name: string, fields: readonly string[] | undefined): void {
    const outcome = fields === undefined ? 'created' : fields.length === 0 ? 'unchanged' : 'changed';
    this.#records.push({ kind, name, outcome, ...(fields !== undefined && outcome === 'changed' && { fields }) });
  }

  /**
   * Reads `record` by the schema of the Management API. Properties that it does not have are left out, with a word; `silently` those that only answers have.
   * @throws {TenantError} `document_invalid`.
   */
  read<T>(what: string, record: DeployRecord, schema: z.ZodType<T>, silently: readonly string[] = []): T {
    const given = Object.fromEntries(Object.entries(record).filter(([name, value]) => value !== undefined && !silently.includes(name)));
    const first = schema.safeParse(given);
    if (first.success) return first.data;
    const unknown = first.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : [],
    );
    for (const name of unknown) this.skip(`${what}: ${name}`, 'the tenant has no such property');
    const second = schema.safeParse(Object.fromEntries(Object.entries(given).filter(([name]) => !unknown.includes(name))));
    if (second.success) return second.data;
    const [issue] = second.error.issues;
    throw invalid(
      `${what}${issue === undefined || issue.path.length === 0 ? '' : `, ${issue.path.join('.')}`}`,
      issue?.message ?? 'it cannot be read',
    );
  }

  /** Marks a client as what one record of the document means. */
  claim({ clientId }: Application): void {
    this.#claimed.add(clientId);
  }

  /** Clients of that name that no record of the document meant yet. */
  unclaimedClients(name: string): readonly Application[] {
    return this.applications.group(name).filter(({ clientId, isGlobal }) => !isGlobal && !this.#claimed.has(clientId));
  }

  /** The client that a document means by `name`: an id, or the name of exactly one; of several, that of the document's own clients. */
  clientNamed(name: string): Application | undefined {
    const byId = this.applications.get(name);
    if (byId !== undefined) return byId;
    const named = this.applications.group(name).filter(({ isGlobal }) => !isGlobal);
    const ofDocument = named.filter(({ clientId }) => this.#claimed.has(clientId));
    if (ofDocument.length === 1) return ofDocument[0];
    if (named.length > 1) throw invalid(`client "${name}"`, `${named.length} clients have this name; give the client_id`);
    return named[0];
  }

  /** The API of an audience; the Management API also by what it is called at another tenant. */
  apiOf(audience: string): ResourceServer | undefined {
    const servers = this.resourceServers.all();
    const exact = servers.find((server) => identifierOf(server, this.domain) === audience);
    return exact ?? (this.#isManagement(audience) ? servers.find(({ identifier }) => identifier === undefined) : undefined);
  }

  organizationNamed(name: string): Organization | undefined {
    return this.organizations.get(name) ?? this.organizations.all().find((organization) => organization.name === name);
  }
}

/** Who holds a grant: an application, or all of a kind. */
export const holderOf = ({ clientId, defaultFor }: Pick<ClientGrant, 'clientId' | 'defaultFor'>): string => clientId ?? defaultFor ?? '';

/** Records of one kind: those that were there, and what was put. `groupOf` says by what else than their names they are looked for. */
export class Kept<T> {
  readonly #nameOf: (record: T) => string;
  readonly #groupOf: (record: T) => string;
  readonly #before: ReadonlyMap<string, T>;
  readonly #now = new Map<string, T>();
  readonly #groups = new Map<string, Map<string, T>>();

  constructor(records: readonly T[], nameOf: (record: T) => string, groupOf: (record: T) => string = () => '') {
    this.#nameOf = nameOf;
    this.#groupOf = groupOf;
    this.#before = new Map(records.map((record) => [nameOf(record), record]));
    for (const record of records) this.put(record);
  }

  get(name: string): T | undefined {
    return this.#now.get(name);
  }

  all(): readonly T[] {
    return [...this.#now.values()];
  }

  group(name: string): readonly T[] {
    return [...(this.#groups.get(name)?.values() ?? [])];
  }

  put(record: T): void {
    const [name, group] = [this.#nameOf(record), this.#groupOf(record)];
    const former = this.#now.get(name);
    if (former !== undefined && this.#groupOf(former) !== group) this.#groups.get(this.#groupOf(former))?.delete(name);
    this.#now.set(name, record);
    const members = this.#groups.get(group) ?? new Map<string, T>();
    this.#groups.set(group, members.set(name, record));
  }

  inserted(): readonly T[] {
    return [...this.#now].filter(([name]) => !this.#before.has(name)).map(([, record]) => record);
  }

  replaced(): readonly T[] {
    return [...this.#now]
      .filter(([name, record]) => this.#before.has(name) && this.#before.get(name) !== record)
      .map(([, record]) => record);
  }
}

/** Names of the fields of `after` that differ from `before`; undefined is the same as absent. */
export function changedFields(before: object, after: object): string[] {
  const [former, latter] = [before, after].map((record) => plain(record)) as [Record<string, unknown>, Record<string, unknown>];
  return [...new Set([...Object.keys(former), ...Object.keys(latter)])].filter((name) => !isDeepStrictEqual(former[name], latter[name]));
}

const plain = (record: object): Record<string, unknown> => JSON.parse(JSON.stringify(record)) as Record<string, unknown>;

/** What `act` answers; what the Management API would refuse makes the record at `place` invalid. */
export function orInvalid<T>(place: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof TenantError && error.code === 'request_refused' ? invalid(place, error.problem) : error;
  }
}

export function invalid(place: string, why: string): TenantError {
  return new TenantError('document_invalid', {
    problem: `A record cannot be taken: ${why}`,
    place,
    step: 'Mend the document and import it again; nothing of it was taken.',
  });
}
