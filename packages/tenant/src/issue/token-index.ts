import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Credential } from '../model/credential.ts';
import { type IssuingApplication, issuingApplication } from '../model/issuing-application.ts';
import type { Organization } from '../model/organization.ts';
import { identifierOf, type ResourceServer } from '../model/resource-server.ts';
import type { SigningKey } from '../model/signing-key.ts';
import { tenantSettingsName, tenantSettingsOf } from '../model/tenant-settings.ts';
import type { IssuingRecords, RecordNames, TenantChange, TenantRecords } from '../store/tenant-store.ts';
import { TenantError } from '../tenant-error.ts';
import { GrantIndex } from './grant-index.ts';
import { type IssuingSettings, issuingSettings } from './issuing-settings.ts';
import { type PublishedKey, publishedKey } from './published-key.ts';

/** An API with its audience. That of the Management API follows the domain of the tenant. */
export type IndexedResourceServer = ResourceServer & { readonly identifier: string };

/** A credential made ready to verify with. */
export type IndexedCredential = Credential & { readonly publicKey: KeyObject };

const order: Readonly<Record<PublishedKey['state'], number>> = { current: 0, next: 1, previous: 2, revoked: 3 };

/** Everything that is read to issue a token, in memory. It is filled at the start by {@link load}, and kept up to date by {@link apply}. */
export class TokenIndex {
  readonly grants: GrantIndex = new GrantIndex();
  readonly #domain: string;
  readonly #applications = new Map<string, IssuingApplication>();
  readonly #credentials = new Map<string, IndexedCredential>();
  readonly #resourceServersById = new Map<string, IndexedResourceServer>();
  readonly #resourceServers = new Map<string, IndexedResourceServer>();
  readonly #organizations = new Map<string, Organization>();
  readonly #organizationsByName = new Map<string, Organization>();
  readonly #keys = new Map<string, PublishedKey>();
  #shownKeys: readonly PublishedKey[] = [];
  #settings: IssuingSettings = issuingSettings({});
  #version = 0;

  constructor(domain: string) {
    this.#domain = domain;
  }

  /** Takes up all records of the tenant. */
  load({ applications, ...records }: IssuingRecords): void {
    this.#put(records);
    for (const application of applications) this.#applications.set(application.clientId, application);
  }

  /** Takes up a change, of one write or of several together. */
  apply({ written, removed }: TenantChange): void {
    this.#version += 1;
    this.#remove(removed);
    this.#put(written);
  }

  /** A number that grows with each change. */
  get version(): number {
    return this.#version;
  }

  application(clientId: string): IssuingApplication | undefined {
    return this.#applications.get(clientId);
  }

  credential(id: string): IndexedCredential | undefined {
    return this.#credentials.get(id);
  }

  /** `identifier`: the audience, matched exactly. */
  resourceServer(identifier: string): IndexedResourceServer | undefined {
    return this.#resourceServers.get(identifier);
  }

  resourceServerById(id: string): IndexedResourceServer | undefined {
    return this.#resourceServersById.get(id);
  }

  /** The ids of the clients that have this default organization. */
  clientsByDefault(organizationId: string): readonly string[] {
    const clients = [...this.#applications.values()].filter(
      ({ properties }) => properties.default_organization?.organization_id === organizationId,
    );
    return clients.map(({ clientId }) => clientId);
  }

  organization(id: string): Organization | undefined {
    return this.#organizations.get(id);
  }

  organizationNamed(name: string): Organization | undefined {
    return this.#organizationsByName.get(name);
  }

  /** The key with this id; undefined for one that is revoked or does not exist. */
  signingKey(kid: string): PublishedKey | undefined {
    return this.#keys.get(kid);
  }

  /** The key that signs. */
  currentKey(): PublishedKey {
    const current = this.#shownKeys[0];
    if (current?.state === 'current') return current;
    throw new TenantError('state_damaged', {
      problem: 'The tenant has no current signing key',
      step: 'Restore its database from a backup.',
    });
  }

  /** All keys whose signatures are accepted, the current one first; the same array until they change. */
  signingKeys(): readonly PublishedKey[] {
    return this.#shownKeys;
  }

  /** The tenant settings that matter to issuing; the same object until they change. */
  settings(): IssuingSettings {
    return this.#settings;
  }

  #put(records: TenantRecords): void {
    const settings = records.settings?.[tenantSettingsName];
    if (settings !== undefined) this.#settings = issuingSettings(tenantSettingsOf(settings));
    for (const key of records.signingKeys ?? []) this.#putKey(key);
    for (const server of records.resourceServers ?? []) {
      this.#removeResourceServer(server.id);
      const indexed = { ...server, identifier: identifierOf(server, this.#domain) };
      this.#resourceServersById.set(server.id, indexed);
      this.#resourceServers.set(indexed.identifier, indexed);
    }
    for (const application of records.applications ?? []) this.#applications.set(application.clientId, issuingApplication(application));
    for (const credential of records.credentials ?? []) {
      this.#credentials.set(credential.id, { ...credential, publicKey: createPublicKey(credential.publicKeyPem) });
    }
    for (const organization of records.organizations ?? []) {
      this.#removeOrganization(organization.id);
      this.#organizations.set(organization.id, organization);
      this.#organizationsByName.set(organization.name, organization);
    }
    for (const grant of records.clientGrants ?? []) this.grants.put(grant);
    for (const association of records.organizationGrants ?? []) this.grants.associate(association);
  }

  #putKey(key: SigningKey): void {
    // Nothing signed with it is accepted any more, and its private half is gone.
    if (key.state === 'revoked') this.#keys.delete(key.kid);
    else this.#keys.set(key.kid, publishedKey(key));
    this.#sortKeys();
  }

  #remove(names: RecordNames): void {
    for (const kid of names.signingKeys ?? []) this.#keys.delete(kid);
    if (names.signingKeys !== undefined) this.#sortKeys();
    for (const association of names.organizationGrants ?? []) this.grants.dissociate(association);
    for (const id of names.clientGrants ?? []) this.grants.remove(id);
    for (const clientId of names.applications ?? []) this.#applications.delete(clientId);
    for (const id of names.credentials ?? []) this.#credentials.delete(id);
    for (const id of names.organizations ?? []) this.#removeOrganization(id);
    for (const id of names.resourceServers ?? []) this.#removeResourceServer(id);
  }

  #removeOrganization(id: string): void {
    const former = this.#organizations.get(id);
    this.#organizations.delete(id);
    if (former !== undefined) forget(this.#organizationsByName, former.name, id);
  }

  #removeResourceServer(id: string): void {
    const former = this.#resourceServersById.get(id);
    this.#resourceServersById.delete(id);
    if (former !== undefined) forget(this.#resourceServers, former.identifier, id);
  }

  #sortKeys(): void {
    this.#shownKeys = [...this.#keys.values()].sort((a, b) => order[a.state] - order[b.state]);
  }
}

/** Forgets a name of the record `id`, unless another record has that name by now: several writes may come as one change. */
function forget(byName: Map<string, { readonly id: string }>, name: string, id: string): void {
  if (byName.get(name)?.id === id) byName.delete(name);
}
