import { startTestTenant, type TestTenant } from '@evertoken/tenant/testing';

/** The issuer that pages stand for by the names of Auth0's documentation. */
export interface DocumentedIssuer {
  readonly tenant: TestTenant;
  readonly domain: string;
  /** The application that calls the Management API. */
  readonly management: { readonly clientId: string; readonly clientSecret: string };
  /** The one that has tokens for `https://orders.example.com`. */
  readonly orders: { readonly clientId: string; readonly clientSecret: string };
  close(): Promise<void>;
}

/** Starts it, in this process, over https. The application that calls the Management API may do all that pages do, but for `withheld`. */
export async function startDocumentedIssuer({ withheld = '' }: { withheld?: string } = {}): Promise<DocumentedIssuer> {
  const scopes = ['clients', 'client_keys', 'client_credentials', 'client_grants', 'resource_servers'].flatMap((resource) =>
    ['read', 'create', 'update', 'delete'].map((action) => `${action}:${resource}`),
  );
  const tenant = await startTestTenant({
    applications: [
      { name: 'Nightly report', grants: { management: scopes.filter((scope) => scope !== withheld) } },
      { name: 'Orders worker', grants: { 'https://orders.example.com': ['read:orders'] } },
    ],
  });
  return {
    tenant,
    domain: tenant.domain,
    management: tenant.credentials('Nightly report'),
    orders: tenant.credentials('Orders worker'),
    close: () => tenant.close(),
  };
}
