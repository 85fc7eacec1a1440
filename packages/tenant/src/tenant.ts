import { type ListenAddress, type Listeners, type Log, openListeners, type StateFolder } from '@evertoken/service';
import { type Now, systemNow, systemSetTimer } from './clock.ts';
import { TokenIndex } from './issue/token-index.ts';
import { managementIdentifier, maxTokenLifetimeSeconds } from './model/resource-server.ts';
import { openTokenService, type TokenService } from './oauth/open-token-service.ts';
import type { RateLimitPlan } from './rate-limit/rate-limit-plan.ts';
import { type Seeded, seed } from './seed.ts';
import { openTenantStore } from './store/open-tenant-store.ts';
import type { TenantStore } from './store/tenant-store.ts';
import { TenantError } from './tenant-error.ts';
import { createWebApp, type WebApp } from './web-app.ts';

/** What a tenant is started with. */
export interface TenantOptions {
  /** Its state lives in `tenant/` of this folder: the database, and the master key that seals the secrets in it. */
  readonly folder: StateFolder;
  /** Default `https://localhost:8443`. Port 0: a free one. */
  readonly listen?: ListenAddress;
  /** Key and certificate, PEM, for the names listened on; `serverCertificate` of the local CA. */
  readonly certificate: (hosts: string[]) => Promise<{ key: string; cert: string }>;
  /** Host, with a port if need be, that clients know the tenant by: issuer and Management API are named after it. Default: where it listens. */
  readonly domain?: string;
  /** Life of Management API tokens in seconds, 1…2 592 000; stays for later starts. Default at the first start: 86 400. */
  readonly tokenLifetimeSeconds?: number;
  /** Rate limits of which plan of Auth0 (contract §4.8). Default `off`: the headers are there, and nobody is refused. */
  readonly rateLimitPlan?: RateLimitPlan;
  readonly log: Log;
  /** Epoch milliseconds. Default: the machine's clock. */
  readonly now?: Now;
}

/** A tenant that runs. */
export interface Tenant {
  /** Where it listens, such as `https://localhost:8443`. */
  readonly url: string;
  /** Host and port it is known by. */
  readonly domain: string;
  /** The application "Evertoken Agent" that the first start made, and the audience of the Management API. */
  readonly application: { readonly clientId: string; readonly clientSecret: string; readonly audience: string };
  /** Answers what runs, takes no more, and closes the store. Later calls do nothing more. */
  close(): Promise<void>;
}

/**
 * Starts a tenant; on the first start it makes its keys, its Management API and its first applications.
 *
 * @throws {TenantError} `domain_invalid`, `domain_missing`, `token_lifetime_invalid`, `store_unusable`, `schema_too_new`,
 * `migration_failed`, `sealed_unreadable`, `state_damaged`. Errors of the listener and the state folder are those of the service package.
 */
export async function startTenant(options: TenantOptions): Promise<Tenant> {
  const {
    listen = { kind: 'https', host: 'localhost', port: 8443 },
    now = systemNow,
    rateLimitPlan = 'off',
    tokenLifetimeSeconds,
    log,
  } = options;
  checkOptions(listen, options);
  const store = await openTenantStore({ kind: 'sqlite', folder: options.folder });
  let listeners: Listeners | undefined;
  let app: WebApp | undefined;
  let tokenService: TokenService | undefined;
  const close = async (graceMs?: number): Promise<void> => {
    await listeners?.close(graceMs === undefined ? {} : { graceMs });
    await app?.close();
    await tokenService?.close();
    await store.close();
  };
  try {
    const seeded = await seed(store, { host: options.domain ?? hostOf(listen), nowMs: now() });
    if (tokenLifetimeSeconds !== undefined) await setTokenLifetime(store, seeded.managementApiId, tokenLifetimeSeconds);

    // The port may be any free one and is part of the domain, so the listener comes first; requests wait for the routes.
    const { promise: routing, resolve: route } = newDeferred<WebApp['handle']>();
    const handler: Parameters<typeof openListeners>[1]['handler'] = (request, response) => {
      void routing.then((handle) => handle(request, response));
    };
    listeners = await openListeners([listen], { handler, certificate: options.certificate });
    const url = listeners.urls[0] ?? '';
    const domain = options.domain ?? new URL(url).host;
    const index = await openIndex(store, domain);
    const journal = { write: () => undefined };
    tokenService = await openTokenService({ domain, index, store, rateLimitPlan, journal, log, now, setTimer: systemSetTimer });
    app = await createWebApp(tokenService);
    route(app.handle);
    return tenantOf(seeded, { url, domain, close });
  } catch (error) {
    await close(0);
    throw error;
  }
}

function tenantOf({ agent }: Seeded, { url, domain, close }: { url: string; domain: string; close: () => Promise<void> }): Tenant {
  let closing: Promise<void> | undefined;
  return {
    url,
    domain,
    application: { clientId: agent.clientId, clientSecret: agent.clientSecret, audience: managementIdentifier(domain) },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

async function openIndex(store: TenantStore, domain: string): Promise<TokenIndex> {
  const index = new TokenIndex(domain);
  store.onChange((change) => index.apply(change));
  index.load(await store.issuing());
  return index;
}

async function setTokenLifetime(store: TenantStore, managementApiId: string, seconds: number): Promise<void> {
  await store.write(async (transaction) => {
    const api = await transaction.resourceServer(managementApiId);
    if (api === undefined || api.properties.token_lifetime === seconds) return;
    await transaction.replace({ resourceServers: [{ ...api, properties: { ...api.properties, token_lifetime: seconds } }] });
  });
}

function checkOptions(listen: ListenAddress, { domain, tokenLifetimeSeconds: lifetime }: TenantOptions): void {
  if (domain === undefined && listen.kind === 'unix') {
    throw new TenantError('domain_missing', {
      problem: 'A tenant on a unix socket has no name of its own',
      place: listen.path,
      step: 'Give it the domain that clients reach it by.',
    });
  }
  if (domain !== undefined && !isDomain(domain)) {
    throw new TenantError('domain_invalid', {
      problem: 'This is no domain',
      place: domain,
      step: 'Give a host with an optional port, such as localhost:8443, in lower case, without https://, the port 443 and a path.',
    });
  }
  if (lifetime !== undefined && !(Number.isInteger(lifetime) && lifetime >= 1 && lifetime <= maxTokenLifetimeSeconds)) {
    throw new TenantError('token_lifetime_invalid', {
      problem: 'Tokens cannot have this lifetime',
      place: `${lifetime} s`,
      step: `Give whole seconds from 1 to ${maxTokenLifetimeSeconds} (30 days).`,
    });
  }
}

function isDomain(text: string): boolean {
  return URL.canParse(`https://${text}/`) && new URL(`https://${text}/`).host === text;
}

const hostOf = (address: ListenAddress): string => (address.kind === 'unix' ? 'localhost' : address.host);

function newDeferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolvePromise) => {
    resolve = resolvePromise;
  });
  return { promise, resolve };
}
