import type { TenantStore } from '../store/tenant-store.ts';

const setting = 'domain';
/** Where a tenant listens that is told nothing else. */
const defaultDomain = 'localhost:8443';

/** What the tenant was known by when it ran last; operators who find it at rest need it for its audiences. */
export async function domainOf(store: TenantStore): Promise<string> {
  return (await store.setting(setting)) ?? defaultDomain;
}

/** Writes down what it is known by now. */
export async function rememberDomain(store: TenantStore, domain: string): Promise<void> {
  if ((await store.setting(setting)) === domain) return;
  await store.write((transaction) => transaction.replace({ settings: { [setting]: domain } }));
}
