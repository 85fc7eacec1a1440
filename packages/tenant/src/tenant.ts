import { access } from 'node:fs/promises';
import { type ListenAddress, type Listeners, openListeners } from '@evertoken/service';
import { type Now, systemNow, systemSetTimer } from './clock.ts';
import { ControlStage } from './controls/control-stage.ts';
import type { OpenControls } from './controls/open-controls.ts';
import { restoreContents } from './controls/restore-contents.ts';
import type { TenantControls } from './controls/tenant-controls.ts';
import type { Dashboard } from './dashboard/dashboard.ts';
import { linkAnswer, openNodeSocket } from './dashboard/link-socket.ts';
import { newFirstKeyPairs } from './issue/key-pairs.ts';
import { addNextKey, rotateSigningKeys } from './issue/key-rotation.ts';
import { TokenIndex } from './issue/token-index.ts';
import { StoreJournal } from './log/store-journal.ts';
import { patchedResourceServer } from './manage/resource-servers/resource-server-change.ts';
import { hostOf } from './model/domain.ts';
import { managementIdentifier } from './model/resource-server.ts';
import { openTokenService, type TokenService } from './oauth/open-token-service.ts';
import { rememberDomain } from './operate/known-domain.ts';
import { lockState } from './operate/state-lock.ts';
import { type Seeded, seed } from './seed.ts';
import { openTenantStore } from './store/open-tenant-store.ts';
import type { TenantStore } from './store/tenant-store.ts';
import { checkOptions, type TenantOptions } from './tenant-options.ts';
import { contentsOf } from './transfer/tenant-contents.ts';
import { createWebApp, type WebApp } from './web-app.ts';

/** A tenant that runs. */
export interface Tenant {
  /** Where it listens, such as `https://localhost:8443`. */
  readonly url: string;
  /** Host and port it is known by. */
  readonly domain: string;
  /** The application "Evertoken Agent" that the first start made, and the audience of the Management API. */
  readonly application: { readonly clientId: string; readonly clientSecret: string; readonly audience: string };
  /** Undefined where the tenant was started without. */
  readonly controls: TenantControls | undefined;
  /** Asks for the certificate again; connections that stand keep theirs. */
  renewCertificates(): Promise<void>;
  /** Answers what runs, takes no more, and closes the store. Later calls do nothing more. */
  close(): Promise<void>;
}

/** What is open of a tenant, for its end. */
interface OpenParts {
  lock?: { close(): Promise<void> } | undefined;
  store?: TenantStore;
  listeners?: Listeners;
  journal?: StoreJournal;
  tokenService?: TokenService;
  app?: WebApp;
  dashboard?: Dashboard | undefined;
  /** On its way where there is none yet: tokens need not wait for it. */
  nextKey?: Promise<void>;
  controls?: OpenControls;
}

/**
 * Starts a tenant; on the first start it makes its keys, its Management API and its first applications.
 *
 * @throws {TenantError} `domain_invalid`, `domain_missing`, `token_lifetime_invalid`, `controls_exposed`, `tenant_running`, `master_key_invalid`,
 * `store_unusable`, `schema_too_new`, `migration_failed`, `sealed_unreadable`, `state_damaged`, `document_invalid`. Errors of the listener, the
 * state folder and the pages are those of the service package.
 */
export async function startTenant(options: TenantOptions): Promise<Tenant> {
  const listen = options.listen ?? { kind: 'https', host: 'localhost', port: 8443 };
  checkOptions(listen, options);
  const parts: OpenParts = {};
  try {
    return await standUp(options, listen, parts);
  } catch (error) {
    await closeParts(parts, 0);
    throw error;
  }
}

async function standUp(options: TenantOptions, listen: ListenAddress, parts: OpenParts): Promise<Tenant> {
  const { log, rateLimitPlan = 'off', secretGraceMs } = options;
  const stage = options.controls && new ControlStage({ now: options.now ?? systemNow, random: options.controls.random });
  const now = stage?.clock.now ?? options.now ?? systemNow;
  const firstKeys = (await isNew(options)) ? newFirstKeyPairs() : undefined;
  const store = await openStore(options, parts);
  const keyFacts = { host: options.domain === undefined ? listeningHost(listen) : hostOf(options.domain), nowMs: now() };
  const seeded = await seed(store, { ...keyFacts, isNextKeyLater: true, pair: firstKeys?.first });

  // The port may be any free one and is part of the domain, so the listener comes first; requests wait for the routes.
  const { promise: routing, resolve: route } = newDeferred<WebApp['handle']>();
  let handle: WebApp['handle'] | undefined;
  const handler: Parameters<typeof openListeners>[1]['handler'] = (request, response) => {
    // At once where it can be: what follows then belongs to the connection, as the controls need it.
    if (handle === undefined) void routing.then((late) => late(request, response));
    else handle(request, response);
  };
  const { certificate, allowRemote = false } = options;
  const listeners = await openListeners([listen], { handler, certificate, allowRemote });
  parts.listeners = listeners;
  const url = listeners.urls[0] ?? '';
  const domain = options.domain ?? new URL(url).host;
  await prepare(store, seeded, { ...options, domain, now });

  const index = await openIndex(store, domain);
  parts.journal = new StoreJournal(store, { domain, now, setTimer: systemSetTimer, log, ...retentionOf(options) });
  const journal = stage?.overhear(parts.journal) ?? parts.journal;
  const service = { domain, index, store, rateLimitPlan, journal, log, now, setTimer: systemSetTimer };
  parts.tokenService = await openTokenService(service);
  parts.app = createWebApp({ ...parts.tokenService, secretGraceMs, setTimer: systemSetTimer });
  parts.nextKey = addNextKey(store, { ...keyFacts, pair: firstKeys?.other }).catch((error: unknown) => {
    log.error({ event: 'keys.next_missing', err: error }, 'the next signing key could not be made; the next start tries again');
  });
  if (stage !== undefined) {
    const { nextKey } = parts;
    parts.controls = await openTenantControls(stage, { store, domain, now, nextKey, listen: options.controls?.listen });
  }
  const routes = stage?.before(parts.app.handle) ?? parts.app.handle;
  parts.dashboard = await openPages(options, { service: parts.tokenService, address: listeners.addresses[0] ?? listen, url });
  // Before the controls: no fault of theirs is for the one who looks, and their stream shows no one-time link.
  const { dashboard } = parts;
  handle =
    dashboard === undefined ? routes : (request, response) => void (dashboard.answer(request, response) || routes(request, response));
  route(handle);
  return tenantOf(seeded, { url, domain, parts, listeners });
}

/** Whether it is sure, before anything is opened, that there is no tenant yet. */
async function isNew({ folder, store }: TenantOptions): Promise<boolean> {
  if (store !== undefined && store.kind !== 'sqlite') return false;
  return await access(folder.file('tenant', 'tenant.db')).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
}

async function openStore({ folder, store: place = { kind: 'sqlite' }, pages }: TenantOptions, parts: OpenParts): Promise<TenantStore> {
  const answer = linkAnswer(() => parts.dashboard, { hasPages: pages !== undefined });
  // Before the database: a second tenant must not even bring the schema up to date.
  if (place.kind === 'sqlite') parts.lock = await lockState(await folder.folder('tenant'), { answer });
  else if (pages !== undefined) parts.lock = await openNodeSocket(folder, answer, systemSetTimer);
  parts.store = await openTenantStore({ ...place, folder });
  return parts.store;
}

async function openPages(
  { pages, log }: TenantOptions,
  { service, address, url }: { service: TokenService; address: ListenAddress; url: string },
): Promise<Dashboard | undefined> {
  if (pages === undefined) return undefined;
  const { openDashboard, originOf } = await import('./dashboard/dashboard.ts');
  return await openDashboard(pages, { ...service, origin: originOf(address, { url, domain: service.domain }), log });
}

/** Writes what the options want to be so at each start. */
async function prepare(store: TenantStore, seeded: Seeded, options: TenantOptions & { domain: string; now: Now }): Promise<void> {
  const { domain, now, tokenLifetimeSeconds, document, log } = options;
  if (tokenLifetimeSeconds !== undefined) await setTokenLifetime(store, seeded.managementApiId, tokenLifetimeSeconds);
  await rememberDomain(store, domain);
  if (document === undefined) return;
  const { importDocument } = await import('./transfer/import-document.ts');
  const { records, skipped } = await importDocument(store, document, { domain, nowMs: now() });
  const changed = records.filter(({ outcome }) => outcome !== 'unchanged').length;
  log.info({ event: 'tenant.imported', records: records.length, changed, skipped: skipped.map(({ what }) => what) });
}

async function openTenantControls(
  stage: ControlStage,
  tenant: { store: TenantStore; domain: string; now: Now; nextKey: Promise<void>; listen: ListenAddress | undefined },
): Promise<OpenControls> {
  const { store, domain, now, nextKey, listen } = tenant;
  const contents = await contentsOf(store);
  const before = nextKey.then(async () => ({ ...contents, signingKeys: await store.signingKeys() }));
  // Where the store is away just then, whoever rotates or resets is told, and nothing ends the process.
  before.catch(() => undefined);
  const state = {
    rotateSigningKey: async () => {
      await before;
      return (await rotateSigningKeys(store, { host: hostOf(domain), nowMs: now() })).current.kid;
    },
    reset: async () => await restoreContents(store, await before),
  };
  const { openControls } = await import('./controls/open-controls.ts');
  return await openControls(stage, state, listen);
}

function tenantOf(
  { agent }: Seeded,
  { url, domain, parts, listeners }: { url: string; domain: string; parts: OpenParts; listeners: Listeners },
): Tenant {
  let closing: Promise<void> | undefined;
  return {
    url,
    domain,
    application: { clientId: agent.clientId, clientSecret: agent.clientSecret, audience: managementIdentifier(domain) },
    controls: parts.controls?.controls,
    renewCertificates: () => listeners.renewCertificates(),
    close: () => {
      closing ??= closeParts(parts);
      return closing;
    },
  };
}

// What answers first, then what it writes to.
async function closeParts(parts: OpenParts, graceMs?: number): Promise<void> {
  const { lock, store, listeners, journal, tokenService, app, controls, nextKey } = parts;
  await controls?.close();
  await listeners?.close(graceMs === undefined ? {} : { graceMs });
  await app?.close();
  await nextKey;
  await tokenService?.close();
  await journal?.close();
  await store?.close();
  await lock?.close();
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
    await transaction.replace({ resourceServers: [patchedResourceServer(api, { token_lifetime: seconds })] });
  });
}

const listeningHost = (address: ListenAddress): string => (address.kind === 'unix' ? 'localhost' : address.host);

const retentionOf = ({ logRetention }: TenantOptions) => (logRetention === undefined ? {} : { retention: logRetention });

function newDeferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolvePromise) => {
    resolve = resolvePromise;
  });
  return { promise, resolve };
}
