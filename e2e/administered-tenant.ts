import { startTestTenant, type TestApi, type TestApplication, type TestTenant } from '@evertoken/tenant/testing';
import { Agent, fetch as fetchWith, type RequestInit as InitWith } from 'undici';

const all = (resource: string): string[] => ['read', 'create', 'update', 'delete'].map((action) => `${action}:${resource}`);
const scopes = [
  ...['clients', 'client_keys', 'client_credentials', 'client_grants', 'resource_servers'].flatMap(all),
  ...['organizations', 'organization_client_grants', 'signing_keys'].flatMap(all).filter((scope) => scope !== 'delete:signing_keys'),
  ...['read:tenant_settings', 'update:tenant_settings', 'read:logs', 'read:stats'],
];

/** A tenant over https in this process, with the application `Administrator` that may do everything its Management API has. */
export interface AdministeredTenant {
  readonly tenant: TestTenant;
  /** What a `ManagementClient` is made with. */
  readonly management: { readonly domain: string; readonly clientId: string; readonly clientSecret: string; readonly fetch: typeof fetch };
  /** `fetch` that trusts the tenant's CA, which SDKs take in place of their own. */
  readonly fetch: typeof fetch;
  close(): Promise<void>;
}

/** Starts one that has `apis` and `applications` besides. */
export async function administeredTenant(
  options: { apis?: readonly TestApi[]; applications?: readonly TestApplication[] } = {},
): Promise<AdministeredTenant> {
  const administrator = { name: 'Administrator', grants: { management: scopes } };
  const tenant = await startTestTenant({ ...options, applications: [administrator, ...(options.applications ?? [])] });
  // A process trusts more CAs from its start alone; this one has started.
  const dispatcher = new Agent({ connect: { ca: tenant.ca } });
  const trusting = ((url: string | URL, init?: RequestInit) =>
    fetchWith(url, { ...(init as InitWith | undefined), dispatcher })) as unknown as typeof fetch;
  return {
    tenant,
    management: { domain: tenant.domain, ...tenant.credentials('Administrator'), fetch: trusting },
    fetch: trusting,
    close: async () => {
      await dispatcher.close();
      await tenant.close();
    },
  };
}
