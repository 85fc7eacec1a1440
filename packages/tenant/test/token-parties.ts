import { type ClientGrant, newClientGrant } from '../src/model/client-grant.ts';
import { type GivenApplication, newApplication } from '../src/model/new-application.ts';
import { newClientGrantId } from '../src/model/random-id.ts';
import { newResourceServer, type ResourceServer, type ResourceServerProperties } from '../src/model/resource-server.ts';
import { type TenantSettings, tenantSettingsName } from '../src/model/tenant-settings.ts';
import type { TenantRecords } from '../src/store/tenant-store.ts';
import { insert, type Prepare, type RunningTenant, runningTenant } from './running-tenant.ts';

const startMs = 1_790_000_000_000;

/** Identifier of the API of {@link parties}. */
export const audience = 'https://things.example/';

/** An application, an API and the grant between them, to be written by `prepare`. */
export interface Parties {
  readonly clientId: string;
  readonly api: ResourceServer;
  readonly grantId: string;
  /** A token request that is granted unless the parties say otherwise. */
  readonly request: Record<string, string>;
  readonly records: TenantRecords;
  readonly prepare: Prepare;
}

/** Parties with what a test gives of them. `records`: what is written beside them. `grant: null`: none. */
export function parties(
  given: {
    application?: Partial<GivenApplication>;
    api?: Partial<ResourceServerProperties>;
    signingSecret?: string;
    grant?: Partial<ClientGrant> | null;
    settings?: TenantSettings;
    records?: (own: { clientId: string; grantId: string; apiId: string }) => TenantRecords;
  } = {},
): Parties {
  const application = newApplication(
    { name: 'Worker', app_type: 'non_interactive', grant_types: ['client_credentials'], ...given.application },
    startMs,
  );
  const { clientId, clientSecret } = application;
  const scopes = ['read:things', 'write:things'].map((value) => ({ value, description: value }));
  const api = newResourceServer(audience, { scopes, ...given.api }, given.signingSecret);
  const grantId = newClientGrantId();
  const grant: ClientGrant = {
    ...newClientGrant({ id: grantId, clientId, resourceServerId: api.id, scope: ['read:things', 'write:things'] }),
    ...given.grant,
  };
  const more = given.records?.({ clientId, grantId, apiId: api.id }) ?? {};
  const records: TenantRecords = {
    ...more,
    ...(given.settings !== undefined && { settings: { [tenantSettingsName]: JSON.stringify(given.settings) } }),
    resourceServers: [api],
    applications: [application, ...(more.applications ?? [])],
    clientGrants: [...(given.grant === null ? [] : [grant]), ...(more.clientGrants ?? [])],
  };
  return {
    clientId,
    api,
    grantId,
    request: { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, audience },
    records,
    prepare: (store) => insert(store, records),
  };
}

/** A tenant with the parties of `given`; `ask` sends their token request, with `more` in it. */
export async function tenantWith(
  given: Parameters<typeof parties>[0] = {},
  options: Parameters<typeof runningTenant>[0] = {},
): Promise<{ tenant: RunningTenant; own: Parties; ask: (more?: Record<string, string>) => Promise<Response> }> {
  const own = parties(given);
  const tenant = await runningTenant({ prepare: own.prepare, ...options });
  return { tenant, own, ask: (more = {}) => tenant.ask({ ...own.request, ...more }) };
}

/** Status and body of an answer. */
export async function refusal(response: Response): Promise<{ status: number; body: unknown }> {
  return { status: response.status, body: await response.json() };
}
