import type { ClientGrant } from '../model/client-grant.ts';
import { type IssuingApplication, issuingApplication } from '../model/issuing-application.ts';
import { identifierOf, type ResourceServer } from '../model/resource-server.ts';
import type { IssuingRecords, RecordNames, TenantChange, TenantRecords } from '../store/tenant-store.ts';
import { TenantError } from '../tenant-error.ts';
import { type PublishedKey, publishedKey } from './published-key.ts';

/** An API with the audience it has while the tenant runs at its domain. */
export type IndexedResourceServer = ResourceServer & { readonly identifier: string };

/** All that issuing a token reads, in memory. Fed with everything at the start and with each write from then on. */
export class TokenIndex {
  readonly #domain: string;
  readonly #applications = new Map<string, IssuingApplication>();
  readonly #resourceServersById = new Map<string, IndexedResourceServer>();
  readonly #resourceServers = new Map<string, IndexedResourceServer>();
  readonly #grants = new Map<string, ClientGrant>();
  readonly #grantKeys = new Map<string, string>();
  readonly #keys = new Map<string, PublishedKey>();

  constructor(domain: string) {
    this.#domain = domain;
  }

  /** Takes up all that there is. */
  load({ applications, ...records }: IssuingRecords): void {
    this.put(records);
    for (const application of applications) this.#applications.set(application.clientId, application);
  }

  /** Follows a write. */
  apply({ written, removed }: TenantChange): void {
    this.#remove(removed);
    this.put(written);
  }

  /** Takes up new and changed records. */
  put(records: TenantRecords): void {
    for (const key of records.signingKeys ?? []) {
      if (key.state === 'revoked') this.#keys.delete(key.kid);
      else this.#keys.set(key.kid, publishedKey(key));
    }
    for (const server of records.resourceServers ?? []) {
      const indexed = { ...server, identifier: identifierOf(server, this.#domain) };
      this.#resourceServersById.set(server.id, indexed);
      this.#resourceServers.set(indexed.identifier, indexed);
    }
    for (const application of records.applications ?? []) this.#applications.set(application.clientId, issuingApplication(application));
    for (const grant of records.clientGrants ?? []) {
      this.#grantKeys.set(grant.id, grantKey(grant.clientId ?? '', grant.resourceServerId));
      this.#grants.set(grantKey(grant.clientId ?? '', grant.resourceServerId), grant);
    }
  }

  #remove({ signingKeys = [], resourceServers = [], applications = [], clientGrants = [] }: RecordNames): void {
    for (const kid of signingKeys) this.#keys.delete(kid);
    for (const id of resourceServers) {
      this.#resourceServers.delete(this.#resourceServersById.get(id)?.identifier ?? '');
      this.#resourceServersById.delete(id);
    }
    for (const clientId of applications) this.#applications.delete(clientId);
    for (const id of clientGrants) {
      this.#grants.delete(this.#grantKeys.get(id) ?? '');
      this.#grantKeys.delete(id);
    }
  }

  application(clientId: string): IssuingApplication | undefined {
    return this.#applications.get(clientId);
  }

  /** `identifier`: the audience, matched exactly. */
  resourceServer(identifier: string): IndexedResourceServer | undefined {
    return this.#resourceServers.get(identifier);
  }

  resourceServerById(id: string): IndexedResourceServer | undefined {
    return this.#resourceServersById.get(id);
  }

  clientGrant(clientId: string, resourceServerId: string): ClientGrant | undefined {
    return this.#grants.get(grantKey(clientId, resourceServerId));
  }

  signingKey(kid: string): PublishedKey | undefined {
    return this.#keys.get(kid);
  }

  /** The key that signs. */
  currentKey(): PublishedKey {
    const current = this.signingKeys()[0];
    if (current?.state === 'current') return current;
    throw new TenantError('state_damaged', {
      problem: 'The tenant has no current signing key',
      step: 'Restore its database from a backup.',
    });
  }

  /** All keys whose signatures are accepted, the current one first. */
  signingKeys(): readonly PublishedKey[] {
    return [...this.#keys.values()].sort((a, b) => a.state.localeCompare(b.state));
  }
}

const grantKey = (clientId: string, resourceServerId: string): string => `${clientId} ${resourceServerId}`;
