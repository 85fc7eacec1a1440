import type { Application } from '../../src/model/application.ts';
import { type ClientGrant, newClientGrant } from '../../src/model/client-grant.ts';
import type { Credential } from '../../src/model/credential.ts';
import type { LogEntry, LogRun } from '../../src/model/log-entry.ts';
import { newApplication } from '../../src/model/new-application.ts';
import type { Organization } from '../../src/model/organization.ts';
import { newClientGrantId, newCredentialId, newOrganizationId } from '../../src/model/random-id.ts';
import { newManagementApi, newResourceServer, type ResourceServer } from '../../src/model/resource-server.ts';
import type { SigningKey } from '../../src/model/signing-key.ts';
import type { Page, PageRequest, TenantReader, TenantRecords } from '../../src/store/tenant-store.ts';

export const nowMs = 1_790_000_000_000;

/** Each of `entries` as a run of its own. */
export const runsOf = (entries: readonly LogEntry[]): LogRun[] =>
  entries.map((entry) => ({ ...entry, event: JSON.stringify(entry.event), count: 1 }));

export const firstOf = (limit: number, offset = 0): PageRequest => ({ kind: 'offset', offset, limit });

export const anApplication = (name: string, more: object = {}): Application => newApplication({ name, ...more }, nowMs);

export const aGrant = (application: Application, server: ResourceServer, more: Partial<ClientGrant> = {}): ClientGrant => {
  const { clientId, ...rest } = { clientId: application.clientId, ...more };
  const grant = newClientGrant({
    id: newClientGrantId(),
    clientId: application.clientId,
    resourceServerId: server.id,
    scope: [],
    ...rest,
  });
  return { ...grant, clientId };
};

export const aCredential = (application: Application, more: Partial<Credential> = {}): Credential => ({
  id: newCredentialId(),
  clientId: application.clientId,
  name: undefined,
  credentialType: 'public_key',
  kid: 'key-one-of-it',
  alg: 'RS256',
  publicKeyPem: 'public key',
  createdAtMs: nowMs,
  updatedAtMs: nowMs,
  expiresAtMs: undefined,
  ...more,
});

export const anOrganization = (name: string, properties: Organization['properties'] = {}): Organization => ({
  id: newOrganizationId(),
  name,
  properties,
});

export const aSigningKey = (kid: string, more: Partial<SigningKey> = {}): SigningKey => ({
  kid,
  state: 'current',
  certificatePem: `certificate of ${kid}`,
  privateKeyPem: `private key of ${kid}`,
  currentSinceMs: nowMs,
  currentUntilMs: undefined,
  revokedAtMs: undefined,
  ...more,
});

export const namesOf = ({ items }: Page<Application>): string[] => items.map(({ properties }) => properties.name);

/** A tenant with at least one record of each kind, and with every optional part once there and once not. */
export function aTenant(): Required<TenantRecords> {
  const [api, other] = [newManagementApi(), newResourceServer('https://orders.example/ä', { name: 'Orders' }, 'signing secret of 16')];
  const rotated = { secret: 'the former secret', validUntilMs: nowMs + 30_000 };
  const worker = { ...anApplication('Wörker \u0000 "x" \u{1F512}', { client_metadata: { a: '1' }, callbacks: [] }), formerSecret: rotated };
  const plain = anApplication('Plain', { app_type: 'non_interactive' });
  const [acme, beta] = [anOrganization('acme', { display_name: 'Acme \u0000', metadata: { a: 'b' } }), anOrganization('beta')];
  const grants = [
    aGrant(worker, api, { scope: ['read:clients', 'ä:ö'] }),
    aGrant(worker, other, { organizationUsage: 'require', allowAnyOrganization: true, allowAllScopes: true, isSystem: true }),
    aGrant(worker, other, { subjectType: 'user', authorizationDetailsTypes: ['payment'], allowAnyOrganization: false }),
    aGrant(worker, other, { clientId: undefined, defaultFor: 'third_party_clients', scope: ['a'] }),
    aGrant(plain, other, { organizationUsage: 'allow' }),
  ];
  return {
    settings: { one: '1', two: '{"ä":"\\u0000"}' },
    signingKeys: [
      aSigningKey('current'),
      aSigningKey('gone', { state: 'revoked', privateKeyPem: undefined, currentUntilMs: nowMs + 1, revokedAtMs: nowMs + 2 }),
    ],
    resourceServers: [api, other],
    applications: [plain, worker],
    credentials: [
      aCredential(worker, { name: 'laptop', expiresAtMs: nowMs + 5 }),
      aCredential(worker, { kid: 'key-two-of-it', alg: 'PS256' }),
    ],
    organizations: [acme, beta],
    clientGrants: grants,
    organizationGrants: [
      { organizationId: acme.id, clientGrantId: grants[1]?.id ?? '' },
      { organizationId: acme.id, clientGrantId: grants[4]?.id ?? '' },
      { organizationId: beta.id, clientGrantId: grants[4]?.id ?? '' },
    ],
  };
}

/** All records that a reader shows, by the calls that show one kind whole. */
export async function recordsOf(store: TenantReader): Promise<Omit<Required<TenantRecords>, 'settings' | 'organizationGrants'>> {
  const { items: applications } = await store.applications({}, firstOf(1_000));
  return {
    signingKeys: await store.signingKeys(),
    resourceServers: (await store.resourceServers({}, firstOf(1_000))).items,
    applications,
    credentials: await store.credentials(...applications.map(({ clientId }) => clientId)),
    organizations: (await store.organizations({}, firstOf(1_000))).items,
    clientGrants: (await store.clientGrants({}, firstOf(1_000))).items,
  };
}
