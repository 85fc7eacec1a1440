import { createHash } from 'node:crypto';
import { type Application, isPublic } from '../model/application.ts';
import type { ClientGrant } from '../model/client-grant.ts';
import { identifierOf, type ResourceServer } from '../model/resource-server.ts';
import type { TenantRecords } from '../store/tenant-store.ts';
import { TenantError } from '../tenant-error.ts';
import { type PublishedKey, publishedKey } from './published-key.ts';

/** What the token endpoint has to know of an application; the secret only as its SHA-256. */
export interface IndexedApplication {
  readonly clientId: string;
  readonly secretDigest: Buffer;
  readonly isPublic: boolean;
  readonly grantTypes: readonly string[];
}

/** An API with the audience it has while the tenant runs at its domain. */
export type IndexedResourceServer = ResourceServer & { readonly identifier: string };

/** SHA-256 of a secret. */
export function secretDigest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** All that issuing a token reads, in memory. Fed with everything at the start and with each write from then on. */
export class TokenIndex {
  readonly #domain: string;
  readonly #applications = new Map<string, IndexedApplication>();
  readonly #resourceServersById = new Map<string, IndexedResourceServer>();
  readonly #resourceServers = new Map<string, IndexedResourceServer>();
  readonly #grants = new Map<string, ClientGrant>();
  readonly #keys = new Map<string, PublishedKey>();

  constructor(domain: string) {
    this.#domain = domain;
  }

  /** Takes up new and changed records. */
  put(records: TenantRecords): void {
    for (const key of records.signingKeys ?? []) this.#keys.set(key.kid, publishedKey(key));
    for (const server of records.resourceServers ?? []) {
      const indexed = { ...server, identifier: identifierOf(server, this.#domain) };
      this.#resourceServersById.set(server.id, indexed);
      this.#resourceServers.set(indexed.identifier, indexed);
    }
    for (const application of records.applications ?? []) this.#applications.set(application.clientId, indexed(application));
    for (const grant of records.clientGrants ?? []) this.#grants.set(grantKey(grant.clientId, grant.resourceServerId), grant);
  }

  application(clientId: string): IndexedApplication | undefined {
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

function indexed({ clientId, clientSecret, properties }: Application): IndexedApplication {
  return { clientId, secretDigest: secretDigest(clientSecret), isPublic: isPublic(properties), grantTypes: properties.grant_types ?? [] };
}
