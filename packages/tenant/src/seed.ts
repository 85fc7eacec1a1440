import type { FirstKeyPairs } from './issue/key-pairs.ts';
import { newSigningKey } from './issue/new-signing-key.ts';
import type { Application } from './model/application.ts';
import { newClientGrant } from './model/client-grant.ts';
import { defaultRefreshToken, newApplication } from './model/new-application.ts';
import { newClientGrantId, newClientId, newClientSecret } from './model/random-id.ts';
import { newManagementApi } from './model/resource-server.ts';
import type { SigningKey } from './model/signing-key.ts';
import type { FirstStart } from './operate/lost-database.ts';
import type { TenantRecords, TenantStore } from './store/tenant-store.ts';
import { TenantError } from './tenant-error.ts';

const agentSetting = 'agent_client_id';
const managementSetting = 'management_api_id';
const agentScope = ['read:clients', 'create:clients', 'read:client_grants', 'read:resource_servers'];

/** The records of the first start that the tenant itself has to know. */
export interface Seeded {
  /** Machine-to-machine application for the agent; its only grant is on the Management API. */
  readonly agent: Application;
  readonly managementApiId: string;
}

/** How the first records are made. */
export interface SeedOptions {
  readonly host: string;
  readonly nowMs: number;
  /** The next key is left to `addNextKey`, as keys are slow to make. */
  readonly isNextKeyLater?: boolean;
  /** Of the current key, where it is on its way already. */
  readonly pair?: FirstKeyPairs['first'] | undefined;
  /** Of a tenant with a state folder, whose records may be lost. */
  readonly firstStart?: FirstStart | undefined;
}

/** Whether the store has what a new tenant starts with. */
export async function isSeeded(store: Pick<TenantStore, 'setting'>): Promise<boolean> {
  return (await store.setting(agentSetting)) !== undefined;
}

/**
 * Writes what a new tenant starts with, unless it is there: keys, the Management API, three applications, one grant.
 * @throws {TenantError} `tenant_missing` where it was there and is lost, `state_damaged`.
 */
export async function seed(store: TenantStore, options: SeedOptions): Promise<Seeded> {
  if (!(await isSeeded(store))) {
    options.firstStart?.refuseLostRecords();
    try {
      const records = { ...firstRecords(options.nowMs), signingKeys: await firstKeys(options) };
      await store.write((transaction) => transaction.insert(records));
    } catch (error) {
      // Another process that started at the same time was first: its records are as good.
      if (!(error instanceof TenantError) || error.code !== 'already_exists') throw error;
    }
  }
  await options.firstStart?.end();
  const agent = await store.application((await store.setting(agentSetting)) ?? '');
  const managementApiId = await store.setting(managementSetting);
  if (agent !== undefined && managementApiId !== undefined) return { agent, managementApiId };
  throw new TenantError('state_damaged', {
    problem: 'The tenant has lost the application "Evertoken Agent" of its first start',
    step: 'Restore its database from a backup, or start with another state folder.',
  });
}

async function firstKeys({ host, nowMs, isNextKeyLater = false, pair }: SeedOptions): Promise<SigningKey[]> {
  return await Promise.all([newSigningKey('current', host, nowMs, pair), ...(isNextKeyLater ? [] : [newSigningKey('next', host, nowMs)])]);
}

/** What a new tenant starts with beside its keys: the Management API, three applications, one grant. Each time with new ids and secrets. */
export function firstRecords(
  nowMs: number,
): Required<Pick<TenantRecords, 'settings' | 'resourceServers' | 'applications' | 'clientGrants'>> {
  const managementApi = newManagementApi();
  const agent = newApplication(
    {
      name: 'Evertoken Agent',
      app_type: 'non_interactive',
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'client_secret_post',
    },
    nowMs,
  );
  return {
    settings: { [agentSetting]: agent.clientId, [managementSetting]: managementApi.id },
    resourceServers: [managementApi],
    applications: [
      globalApplication(nowMs),
      newApplication({ name: 'Default App', callbacks: [], cross_origin_authentication: false }, nowMs),
      agent,
    ],
    clientGrants: [
      newClientGrant({ id: newClientGrantId(), clientId: agent.clientId, resourceServerId: managementApi.id, scope: agentScope }),
    ],
  };
}

// Has no grant types and so gets no token.
function globalApplication(nowMs: number): Application {
  return {
    clientId: newClientId(),
    clientSecret: newClientSecret(),
    isGlobal: true,
    properties: {
      callbacks: [],
      is_first_party: true,
      name: 'All Applications',
      refresh_token: defaultRefreshToken(false),
      owners: [],
      custom_login_page: '',
      cross_origin_authentication: false,
      custom_login_page_on: true,
    },
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}
