import { createPrivateKey, X509Certificate } from 'node:crypto';
import { identifierOf } from '../model/resource-server.ts';
import type { SigningKey } from '../model/signing-key.ts';
import type { TenantStore } from '../store/tenant-store.ts';
import { TenantError } from '../tenant-error.ts';
import { contentsOf, type TenantContents } from '../transfer/tenant-contents.ts';
import type { TenantFinding } from './tenant-operations.ts';

/** Entries of the logs that lie further ahead than this have another clock, ms. */
const clockToleranceMs = 60_000;
const fromBackup = 'Restore the database from a backup: `evertoken tenant restore FILE`.';

/** What is right and wrong with the tenant in `store`. */
export async function examineStore(
  store: TenantStore,
  at: { domain: string; recordedDomain: string | undefined; nowMs: number },
): Promise<readonly TenantFinding[]> {
  const database = await examineDatabase(store);
  const contents = await readAll(store);
  if ('area' in contents) return [database, contents];
  const sealed = contents.applications.length + contents.signingKeys.length;
  return [
    database,
    { area: 'secrets', subject: 'master key', level: 'ok', what: `opens all ${sealed} sealed values` },
    examineDomain(at),
    ...examineKeys(contents.signingKeys, at.nowMs),
    await examineClock(store, contents.signingKeys, at.nowMs),
    ...examineRecords(contents, at.domain),
  ];
}

async function examineDatabase(store: TenantStore): Promise<TenantFinding> {
  const { server, schema, problems, counts } = await store.check();
  if (problems.length > 0) {
    const what = `says: ${problems.slice(0, 5).join('; ')}${problems.length > 5 ? '; …' : ''}`;
    return { area: 'database', subject: server, level: 'problem', what, step: fromBackup };
  }
  const counted = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
  return { area: 'database', subject: server, level: 'ok', what: `is sound: schema ${schema}, ${counted.join(', ')}` };
}

async function readAll(store: TenantStore): Promise<TenantContents | TenantFinding> {
  try {
    return await contentsOf(store);
  } catch (error) {
    if (!(error instanceof TenantError) || error.code !== 'sealed_unreadable') throw error;
    const { place: subject = 'master key', problem: what, step } = error;
    return { area: 'secrets', subject, level: 'problem', what, ...(step !== undefined && { step }) };
  }
}

// The issuer in every token, and the audience of the Management API: who expects another one takes none of them.
function examineDomain({ domain, recordedDomain }: { domain: string; recordedDomain: string | undefined }): TenantFinding {
  const about = { area: 'domain', subject: domain } as const;
  if (recordedDomain === undefined) return { ...about, level: 'ok', what: 'can be chosen yet: the tenant has not run' };
  if (recordedDomain === domain) return { ...about, level: 'ok', what: 'is the issuer that tokens name' };
  const what = `is not the issuer that tokens name: that is ${recordedDomain}`;
  return { ...about, level: 'problem', what, step: `Start every node with --domain ${recordedDomain}, or leave it out here.` };
}

function examineKeys(keys: readonly SigningKey[], nowMs: number): readonly TenantFinding[] {
  const wrong: TenantFinding[] = [];
  for (const state of ['current', 'next'] as const) {
    const found = keys.filter((key) => key.state === state);
    const [key] = found;
    const tell = (subject: string, what: string, step: string): void =>
      void wrong.push({ area: 'keys', subject, level: 'problem', what, step });
    if (key === undefined || found.length > 1) {
      tell(`${state} key`, key === undefined ? 'is not there' : `is there ${found.length} times, where one is due`, fromBackup);
    } else if (!isWhole(key)) {
      tell(key.kid, 'does not fit its certificate', fromBackup);
    } else if (Date.parse(new X509Certificate(key.certificatePem).validTo) < nowMs) {
      tell(key.kid, 'has a certificate that has expired', 'Rotate the keys twice: `evertoken tenant keys rotate`.');
    }
  }
  const current = keys.find(({ state }) => state === 'current');
  return wrong.length > 0
    ? wrong
    : [{ area: 'keys', subject: current?.kid ?? '', level: 'ok', what: 'signs, and the next one stands ready' }];
}

function isWhole({ certificatePem, privateKeyPem }: SigningKey): boolean {
  try {
    return new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(privateKeyPem ?? ''));
  } catch {
    return false;
  }
}

// A clock that was set back makes tokens that were never valid, and ids that do not sort.
async function examineClock(store: TenantStore, keys: readonly SigningKey[], nowMs: number): Promise<TenantFinding> {
  const { items } = await store.logs({ order: 'newest first', page: { kind: 'offset', offset: 0, limit: 1 } });
  const latestMs = Math.max(0, ...items.map(({ atMs }) => atMs), ...keys.map(({ currentSinceMs }) => currentSinceMs ?? 0));
  const about = { area: 'clock', subject: 'this machine' } as const;
  if (latestMs <= nowMs + clockToleranceMs) return { ...about, level: 'ok', what: 'is not behind what the tenant has written' };
  return {
    ...about,
    level: 'problem',
    what: `says ${new Date(nowMs).toISOString()}, and the tenant has written at ${new Date(latestMs).toISOString()}`,
    step: 'Set the clock of this machine right (`timedatectl`), or see which node had it wrong.',
  };
}

function examineRecords(contents: TenantContents, domain: string): readonly TenantFinding[] {
  const clients = new Map(contents.applications.map(({ clientId, properties }) => [clientId, properties.name]));
  const apis = new Map(contents.resourceServers.map((server) => [server.id, server]));
  const organizations = new Set(contents.organizations.map(({ id }) => id));
  const wrong: TenantFinding[] = [];
  const tell = (subject: string, what: string, step: string): void =>
    void wrong.push({ area: 'records', subject, level: 'problem', what, step });

  for (const grant of contents.clientGrants) {
    const step = `Delete it: DELETE /api/v2/client-grants/${grant.id}.`;
    if (grant.clientId !== undefined && !clients.has(grant.clientId)) tell(`grant ${grant.id}`, 'is for a client that is gone', step);
    const api = apis.get(grant.resourceServerId);
    if (api === undefined) tell(`grant ${grant.id}`, 'is on an API that is gone', step);
    const unknown = api === undefined || grant.allowAllScopes ? [] : unknownScopes(grant.scope, api.properties.scopes ?? []);
    if (unknown.length > 0 && api !== undefined) {
      const name = clients.get(grant.clientId ?? '') ?? grant.defaultFor ?? grant.id;
      const what = `names scopes that the API does not have: ${unknown.join(', ')}`;
      tell(`grant of ${name} on ${identifierOf(api, domain)}`, what, 'Add them to the API, or take them out of the grant.');
    }
  }
  for (const { clientId, properties } of contents.applications) {
    const organizationId = properties.default_organization?.organization_id;
    if (organizationId === undefined || organizations.has(organizationId)) continue;
    tell(
      `application ${properties.name}`,
      'has a default organization that is gone',
      `PATCH /api/v2/clients/${clientId} with "default_organization": null.`,
    );
  }
  const audience = contents.settings.default_audience;
  if (audience !== undefined && audience !== '' && ![...apis.values()].some((api) => identifierOf(api, domain) === audience)) {
    const step = 'PATCH /api/v2/tenants/settings with another "default_audience", or "".';
    tell('default audience', `is ${audience}, which is no API`, step);
  }
  return wrong.length > 0
    ? wrong
    : [{ area: 'records', subject: 'grants', level: 'ok', what: 'point at a client and an API, each of them' }];
}

function unknownScopes(granted: readonly string[], scopes: readonly { readonly value: string }[]): string[] {
  const known = new Set(scopes.map(({ value }) => value));
  return granted.filter((scope) => !known.has(scope));
}
