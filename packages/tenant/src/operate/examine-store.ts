import { createPrivateKey, X509Certificate } from 'node:crypto';
import { identifierOf } from '../model/resource-server.ts';
import type { SigningKey } from '../model/signing-key.ts';
import type { TenantStore } from '../store/tenant-store.ts';
import { TenantError } from '../tenant-error.ts';
import { contentsOf, type TenantContents } from '../transfer/tenant-contents.ts';
import type { Finding } from './tenant-operations.ts';

/** Entries of the logs that lie further ahead than this have another clock, ms. */
const clockToleranceMs = 60_000;
const fromBackup = 'Restore the database from a backup: `evertoken tenant restore FILE`.';

/** What is right and wrong with the tenant in `store`. */
export async function examineStore(
  store: TenantStore,
  at: { domain: string; recordedDomain: string | undefined; nowMs: number },
): Promise<readonly Finding[]> {
  const database = await examineDatabase(store);
  const contents = await readAll(store);
  if ('isGood' in contents) return [database, contents];
  const sealed = contents.applications.length + contents.signingKeys.length;
  return [
    database,
    { check: 'secrets', isGood: true, detail: `the master key opens all ${sealed} sealed values` },
    examineDomain(at),
    ...examineKeys(contents.signingKeys, at.nowMs),
    await examineClock(store, contents.signingKeys, at.nowMs),
    ...examineRecords(contents, at.domain),
  ];
}

async function examineDatabase(store: TenantStore): Promise<Finding> {
  const { server, schema, problems, counts } = await store.check();
  if (problems.length > 0) {
    const detail = `${server} says: ${problems.slice(0, 5).join('; ')}${problems.length > 5 ? '; …' : ''}`;
    return { check: 'database', isGood: false, detail, step: fromBackup };
  }
  const counted = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
  return { check: 'database', isGood: true, detail: `${server}, schema ${schema}, sound: ${counted.join(', ')}` };
}

async function readAll(store: TenantStore): Promise<TenantContents | Finding> {
  try {
    return await contentsOf(store);
  } catch (error) {
    if (!(error instanceof TenantError) || error.code !== 'sealed_unreadable') throw error;
    return { check: 'secrets', isGood: false, detail: error.problem, step: error.step };
  }
}

// The issuer in every token, and the audience of the Management API: who expects another one takes none of them.
function examineDomain({ domain, recordedDomain }: { domain: string; recordedDomain: string | undefined }): Finding {
  const check = 'domain';
  if (recordedDomain === undefined) return { check, isGood: true, detail: 'it has not run yet, and is known by nothing' };
  if (recordedDomain === domain) return { check, isGood: true, detail: `its tokens name ${domain} as their issuer` };
  const detail = `its tokens name ${recordedDomain} as their issuer, and not ${domain}`;
  return { check, isGood: false, detail, step: `Start every node with --domain ${recordedDomain}, or leave it out here.` };
}

function examineKeys(keys: readonly SigningKey[], nowMs: number): readonly Finding[] {
  const wrong: Finding[] = [];
  for (const state of ['current', 'next'] as const) {
    const found = keys.filter((key) => key.state === state);
    const [key] = found;
    const check = 'signing keys';
    if (key === undefined || found.length > 1) {
      wrong.push({ check, isGood: false, detail: `there are ${found.length} ${state} keys, where one is due`, step: fromBackup });
    } else if (!isWhole(key)) {
      wrong.push({ check, isGood: false, detail: `key ${key.kid} and its certificate do not fit`, step: fromBackup });
    } else if (Date.parse(new X509Certificate(key.certificatePem).validTo) < nowMs) {
      const step = 'Rotate the keys twice: `evertoken tenant keys rotate`.';
      wrong.push({ check, isGood: false, detail: `the certificate of key ${key.kid} has expired`, step });
    }
  }
  const current = keys.find(({ state }) => state === 'current');
  return wrong.length > 0
    ? wrong
    : [{ check: 'signing keys', isGood: true, detail: `${current?.kid ?? ''} signs, and the next one stands ready` }];
}

function isWhole({ certificatePem, privateKeyPem }: SigningKey): boolean {
  try {
    return new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(privateKeyPem ?? ''));
  } catch {
    return false;
  }
}

// A clock that was set back makes tokens that were never valid, and ids that do not sort.
async function examineClock(store: TenantStore, keys: readonly SigningKey[], nowMs: number): Promise<Finding> {
  const { items } = await store.logs({ order: 'newest first', page: { kind: 'offset', offset: 0, limit: 1 } });
  const latestMs = Math.max(0, ...items.map(({ atMs }) => atMs), ...keys.map(({ currentSinceMs }) => currentSinceMs ?? 0));
  if (latestMs <= nowMs + clockToleranceMs) return { check: 'clock', isGood: true, detail: 'nothing was written in the future' };
  return {
    check: 'clock',
    isGood: false,
    detail: `this machine says ${new Date(nowMs).toISOString()}, and the tenant has written at ${new Date(latestMs).toISOString()}`,
    step: 'Set the clock of this machine right (`timedatectl`), or see which node had it wrong.',
  };
}

function examineRecords(contents: TenantContents, domain: string): readonly Finding[] {
  const clients = new Map(contents.applications.map(({ clientId, properties }) => [clientId, properties.name]));
  const apis = new Map(contents.resourceServers.map((server) => [server.id, server]));
  const organizations = new Set(contents.organizations.map(({ id }) => id));
  const wrong: Finding[] = [];
  const tell = (detail: string, step: string): void => void wrong.push({ check: 'records', isGood: false, detail, step });

  for (const grant of contents.clientGrants) {
    const step = `Delete it: DELETE /api/v2/client-grants/${grant.id}.`;
    if (grant.clientId !== undefined && !clients.has(grant.clientId)) tell(`grant ${grant.id} is for a client that is gone`, step);
    const api = apis.get(grant.resourceServerId);
    if (api === undefined) tell(`grant ${grant.id} is on an API that is gone`, step);
    const unknown = api === undefined || grant.allowAllScopes ? [] : unknownScopes(grant.scope, api.properties.scopes ?? []);
    if (unknown.length > 0 && api !== undefined) {
      const name = clients.get(grant.clientId ?? '') ?? grant.defaultFor ?? grant.id;
      const detail = `the grant of "${name}" on ${identifierOf(api, domain)} names scopes that the API does not have: ${unknown.join(', ')}`;
      tell(detail, 'Add them to the API, or take them out of the grant.');
    }
  }
  for (const { clientId, properties } of contents.applications) {
    const organizationId = properties.default_organization?.organization_id;
    if (organizationId === undefined || organizations.has(organizationId)) continue;
    tell(
      `"${properties.name}" has a default organization that is gone`,
      `PATCH /api/v2/clients/${clientId} with "default_organization": null.`,
    );
  }
  const audience = contents.settings.default_audience;
  if (audience !== undefined && audience !== '' && ![...apis.values()].some((api) => identifierOf(api, domain) === audience)) {
    tell(`the default audience ${audience} is no API`, 'PATCH /api/v2/tenants/settings with another "default_audience", or "".');
  }
  return wrong.length > 0 ? wrong : [{ check: 'records', isGood: true, detail: 'every grant points at a client and an API' }];
}

function unknownScopes(granted: readonly string[], scopes: readonly { readonly value: string }[]): string[] {
  const known = new Set(scopes.map(({ value }) => value));
  return granted.filter((scope) => !known.has(scope));
}
