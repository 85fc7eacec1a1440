import { isDeepStrictEqual } from 'node:util';
import { tenantSettingsName } from '../model/tenant-settings.ts';
import type { TenantRecords, TenantStore } from '../store/tenant-store.ts';
import { contentsOf, type TenantContents } from '../transfer/tenant-contents.ts';

/** Makes the store hold `before` again, in one transaction: removes what was added since, and brings back what was changed or removed. */
export async function restoreContents(store: TenantStore, before: TenantContents): Promise<void> {
  await store.write(async (transaction) => {
    const found = differencesOf(before, await contentsOf(transaction));
    await transaction.remove({
      organizationGrants: found.organizationGrants.added,
      clientGrants: found.clientGrants.added.map(({ id }) => id),
      credentials: found.credentials.added.map(({ id }) => id),
      applications: found.applications.added.map(({ clientId }) => clientId),
      organizations: found.organizations.added.map(({ id }) => id),
      resourceServers: found.resourceServers.added.map(({ id }) => id),
      signingKeys: found.signingKeys.added.map(({ kid }) => kid),
    });
    await transaction.replace({ ...recordsOf(found, 'changed'), settings: { [tenantSettingsName]: JSON.stringify(before.settings) } });
    await transaction.insert(recordsOf(found, 'missing'));
  });
}

/** How the records of one kind differ from what they were. `changed` and `missing` hold the former records. */
interface Difference<T> {
  readonly added: readonly T[];
  readonly changed: readonly T[];
  readonly missing: readonly T[];
}

function differencesOf(before: TenantContents, now: TenantContents) {
  return {
    signingKeys: differenceOf(before.signingKeys, now.signingKeys, ({ kid }) => kid),
    resourceServers: differenceOf(before.resourceServers, now.resourceServers, ({ id }) => id),
    organizations: differenceOf(before.organizations, now.organizations, ({ id }) => id),
    applications: differenceOf(before.applications, now.applications, ({ clientId }) => clientId),
    credentials: differenceOf(before.credentials, now.credentials, ({ id }) => id),
    clientGrants: differenceOf(before.clientGrants, now.clientGrants, ({ id }) => id),
    organizationGrants: differenceOf(
      before.organizationGrants,
      now.organizationGrants,
      ({ organizationId, clientGrantId }) => `${organizationId} ${clientGrantId}`,
    ),
  };
}

function differenceOf<T>(before: readonly T[], now: readonly T[], nameOf: (record: T) => string): Difference<T> {
  const [former, present] = [before, now].map((records) => new Map(records.map((record) => [nameOf(record), record]))) as [
    Map<string, T>,
    Map<string, T>,
  ];
  return {
    added: now.filter((record) => !former.has(nameOf(record))),
    changed: before.filter((record) => present.has(nameOf(record)) && !isDeepStrictEqual(present.get(nameOf(record)), record)),
    missing: before.filter((record) => !present.has(nameOf(record))),
  };
}

function recordsOf(found: ReturnType<typeof differencesOf>, which: 'changed' | 'missing'): TenantRecords {
  return {
    signingKeys: found.signingKeys[which],
    resourceServers: found.resourceServers[which],
    organizations: found.organizations[which],
    applications: found.applications[which],
    credentials: found.credentials[which],
    clientGrants: found.clientGrants[which],
    ...(which === 'missing' && { organizationGrants: found.organizationGrants.missing }),
  };
}
