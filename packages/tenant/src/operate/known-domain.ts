import type { TenantReader, TenantStore } from '../store/tenant-store.ts';
import { TenantError } from '../tenant-error.ts';

const setting = 'domain';
/** Where a tenant listens that is told nothing else. */
export const defaultDomain = 'localhost:8443';

/** What the tenant was known by when it ran last; undefined where it never ran. Operators who find it at rest need it for its audiences. */
export async function recordedDomain(store: Pick<TenantReader, 'setting'>): Promise<string | undefined> {
  return await store.setting(setting);
}

/**
 * What a node of a tenant with several is known by: what all of them are. Undefined where it is the first one and was told nothing.
 * @throws {TenantError} `domain_invalid` where it was told another domain than they have, and not that this is a change.
 */
export async function sharedDomain(
  store: Pick<TenantReader, 'setting'>,
  { domain, changesDomain = false }: { domain?: string | undefined; changesDomain?: boolean | undefined },
): Promise<string | undefined> {
  const recorded = await recordedDomain(store);
  if (recorded === undefined || domain === undefined || domain === recorded || changesDomain) return domain ?? recorded;
  throw new TenantError('domain_invalid', {
    problem: `The nodes of this tenant are known by ${recorded}, and this one would sign its tokens as ${domain}`,
    place: domain,
    step: `Start it with --domain ${recorded}, or without --domain. To have another domain, stop all nodes, start one with --domain ${domain} --change-domain, and then the others.`,
  });
}

/** Writes down what it is known by now. `isShared`: not where another node was first to write down another domain; throws `domain_invalid` then. */
export async function rememberDomain(
  store: TenantStore,
  domain: string,
  { isShared, changesDomain }: { isShared: boolean; changesDomain: boolean | undefined },
): Promise<void> {
  if ((await recordedDomain(store)) === domain) return;
  await store.write(async (transaction) => {
    if (isShared) await sharedDomain(transaction, { domain, changesDomain });
    await transaction.replace({ settings: { [setting]: domain } });
  });
}
