import { access } from 'node:fs/promises';
import { formatListenAddress, Lifecycle, type ListenAddress, type Listeners, type Log, openListeners } from '@evertoken/service';
import { type Now, systemNow, systemSetTimer } from './clock.ts';
import { ControlStage } from './controls/control-stage.ts';
import { restoreContents } from './controls/restore-contents.ts';
import type { TenantControls } from './controls/tenant-controls.ts';
import type { Dashboard } from './dashboard/dashboard.ts';
import { linkAnswer, openNodeSocket } from './dashboard/link-socket.ts';
import { issuerOf } from './issue/access-token-claims.ts';
import { newFirstKeyPairs } from './issue/key-pairs.ts';
import { addNextKey, rotateSigningKeys } from './issue/key-rotation.ts';
import { TokenIndex } from './issue/token-index.ts';
import { StoreJournal } from './log/store-journal.ts';
import { patchedResourceServer } from './manage/resource-servers/resource-server-change.ts';
import { hostOf } from './model/domain.ts';
import { managementIdentifier } from './model/resource-server.ts';
import { openTokenService, type TokenService } from './oauth/open-token-service.ts';
import { rememberDomain, sharedDomain } from './operate/known-domain.ts';
import { type FirstStart, refuseLostDatabase } from './operate/lost-database.ts';
import { checkForNewTenant } from './operate/seed-tenant.ts';
import { lockState } from './operate/state-lock.ts';
import { type Seeded, seed } from './seed.ts';
import { openTenantStore } from './store/open-tenant-store.ts';
import type { TenantStore } from './store/tenant-store.ts';
import { checkOptions, type TenantOptions } from './tenant-options.ts';
import { contentsOf } from './transfer/tenant-contents.ts';
import { turnAway } from './turn-away.ts';
import { createWebApp, type WebApp } from './web-app.ts';

/** A tenant that runs. */
export interface Tenant {
  /** Where it listens, such as `https://localhost:8443`. */
  readonly url: string;
  /** Host and port it is known by. */
  readonly domain: string;
  /** `iss` of its tokens. */
  readonly issuer: string;
  /** The application "Evertoken Agent" that the first start made, and the audience of the Management API. */
  readonly application: { readonly clientId: string; readonly clientSecret: string; readonly audience: string };
  /** Undefined where the tenant was started without. */
  readonly controls: TenantControls | undefined;
  /** Asks for the certificate again; connections that stand keep theirs. */
  renewCertificates(): Promise<void>;
  /** Answers what runs, takes no more, and closes the store. Later calls do nothing more. */
  close(): Promise<void>;
}

/**
 * Starts a tenant; on the first start it makes its keys, its Management API and its first applications.
 *
 * @throws {TenantError} `domain_invalid`, `domain_missing`, `token_lifetime_invalid`, `controls_exposed`, `tenant_running`, `tenant_missing`,
 * `master_key_invalid`, `store_unusable`, `schema_too_new`, `migration_failed`, `sealed_unreadable`, `state_damaged`, `document_invalid`. Errors of the listener, the
 * state folder and the pages are those of the service package.
 */
export async function startTenant(options: TenantOptions): Promise<Tenant> {
  const listen = options.listen ?? { kind: 'https', host: 'localhost', port: 8443 };
  checkOptions(listen, options);
  const lifecycle = new Lifecycle();
  try {
    return await standUp(options, listen, lifecycle);
  } catch (error) {
    await lifecycle.stop().catch((err: unknown) => {
      options.log.error({ event: 'tenant.unclosed', err }, 'a part of the tenant that did not start could not be closed');
    });
    throw error;
  }
}

async function standUp(options: TenantOptions, listen: ListenAddress, lifecycle: Lifecycle): Promise<Tenant> {
  const { log, rateLimitPlan = 'off', secretGraceMs } = options;
  const stage = options.controls && new ControlStage({ now: options.now ?? systemNow, random: options.controls.random });
  const now = stage?.clock.now ?? options.now ?? systemNow;
  const isFirst = await isNew(options);
  if (isFirst && options.document !== undefined) {
    // Of a document that it does not take none is made.
    await checkForNewTenant({ domain: options.domain ?? listeningDomain(listen), now }, options.document);
  }
  const firstKeys = isFirst ? newFirstKeyPairs() : undefined;
  let dashboard: Dashboard | undefined;
  const { store, firstStart } = await openStore(options, lifecycle, () => dashboard);
  // One process alone may be given another domain at each start; of several, one would speak for all.
  const isShared = options.store?.kind === 'postgres';
  const given = isShared ? await sharedDomain(store, options) : options.domain;
  const keyFacts = { host: given === undefined ? listeningHost(listen) : hostOf(given), nowMs: now() };
  const seeded = await seed(store, { ...keyFacts, isNextKeyLater: true, pair: firstKeys?.first, firstStart });

  // What answers is opened after the listeners, and must outlast them at the end: so it has a life of its own.
  const service = new Lifecycle();
  lifecycle.onStop('what answers requests', () => service.stop());
  const door = await openDoor(options, listen, lifecycle);
  const { url, address } = door;
  const domain = given ?? new URL(url).host;
  await prepare(store, seeded, { ...options, domain, isShared, now });

  const index = await openIndex(store, domain);
  const after = await newestLogId(store);
  const storeJournal = new StoreJournal(store, { now, setTimer: systemSetTimer, log, after, ...retentionOf(options) });
  service.onStop('the logs', () => storeJournal.close());
  const journal = stage?.overhear(storeJournal) ?? storeJournal;
  const issuer = issuerOf(domain, options.issuerScheme);
  const parts = { domain, issuer, index, store, rateLimitPlan, journal, log, now, setTimer: systemSetTimer };
  const tokenService = await openTokenService(parts);
  service.onStop('the token service', () => tokenService.close());
  // On its way while the tenant answers already: tokens need not wait for it.
  const nextKey = addNextKey(store, { ...keyFacts, pair: firstKeys?.other }).catch((error: unknown) => {
    log.error({ event: 'keys.next_missing', err: error }, 'the next signing key could not be made; the next start tries again');
  });
  service.onStop('the next signing key', () => nextKey);
  const app = createWebApp({ ...tokenService, secretGraceMs, setTimer: systemSetTimer });
  service.onStop('the routes', () => app.close());
  const controls =
    stage && (await openTenantControls(stage, { store, domain, now, nextKey, log, listen: options.controls?.listen }, lifecycle));
  const routes = stage?.before(app.handle) ?? app.handle;
  const pages = await openPages(options, { service: tokenService, address, url });
  dashboard = pages;
  // Before the controls: no fault of theirs is for the one who looks, and their stream shows no one-time link.
  door.open(pages === undefined ? routes : (request, response) => void (pages.answer(request, response) || routes(request, response)));
  const { clientId, clientSecret } = seeded.agent;
  return {
    url,
    domain,
    issuer,
    application: { clientId, clientSecret, audience: managementIdentifier(domain) },
    controls,
    renewCertificates: () => door.listeners.renewCertificates(),
    close: () => lifecycle.stop(),
  };
}

// Where several nodes write, each goes by its clock: one that was ahead must not take the others with it.
async function newestLogId(store: TenantStore): Promise<string | undefined> {
  if (store.isShared) return undefined;
  const reading = store.logs({ order: 'newest first', page: { kind: 'after', after: undefined, limit: 1 } });
  // Tokens can be issued without logs that can be read.
  return await reading.then(
    ({ items }) => items[0]?.id,
    () => undefined,
  );
}

/** The listeners, before there is anything that answers. */
interface Door {
  readonly listeners: Listeners;
  readonly url: string;
  readonly address: ListenAddress;
  /** Gives `handle` the requests that have waited, and all that follow. */
  open(handle: WebApp['handle']): void;
}

// The port may be any free one and is part of the domain, so the listener comes first; requests wait for the routes.
async function openDoor(options: TenantOptions, listen: ListenAddress, lifecycle: Lifecycle): Promise<Door> {
  const { certificate, allowRemote = false, renewCertificateMs, closeGraceMs: graceMs, log } = options;
  const { promise: routing, resolve: route } = newDeferred<WebApp['handle']>();
  let handle: WebApp['handle'] | undefined;
  const handler: Parameters<typeof openListeners>[1]['handler'] = (request, response) => {
    // At once where it can be: what follows then belongs to the connection, as the controls need it.
    if (handle === undefined) void routing.then((late) => late(request, response));
    else handle(request, response);
  };
  const onError = (error: unknown, address: ListenAddress): void =>
    log.error({ event: 'listener.failed', listener: formatListenAddress(address), err: error }, 'a listener failed');
  const listeners = await openListeners([listen], {
    handler,
    certificate,
    allowRemote,
    onError,
    refuse: turnAway,
    ...(renewCertificateMs !== undefined && { renewCertificateMs }),
  });
  // A request that waits for a start which failed will never be answered.
  lifecycle.onStop('the listeners', () =>
    listeners.close(handle === undefined ? { graceMs: 0 } : graceMs === undefined ? {} : { graceMs }),
  );
  return {
    listeners,
    url: listeners.urls[0] ?? '',
    address: listeners.addresses[0] ?? listen,
    open(opened) {
      handle = opened;
      route(opened);
    },
  };
}

/** Whether it is sure, before anything is opened, that there is no tenant yet. */
async function isNew({ folder, store }: TenantOptions): Promise<boolean> {
  if (store !== undefined && store.kind !== 'sqlite') return false;
  return await access(folder.file('tenant', 'tenant.db')).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
}

async function openStore(
  { folder, store: place = { kind: 'sqlite' }, holdsFolder = true, pages }: TenantOptions,
  lifecycle: Lifecycle,
  dashboard: () => Dashboard | undefined,
): Promise<{ store: TenantStore; firstStart: FirstStart }> {
  const answer = linkAnswer(dashboard, { hasPages: pages !== undefined });
  // Before the database: a second tenant must not even bring the schema up to date.
  const hold = async (opening: Promise<{ close(): Promise<void> }>): Promise<void> => {
    const held = await opening;
    lifecycle.onStop('the hold of the state folder', () => held.close());
  };
  if (place.kind === 'sqlite') {
    if (holdsFolder) await hold(lockState(await folder.folder('tenant'), { answer }));
  } else if (pages !== undefined) await hold(openNodeSocket(folder, answer, systemSetTimer));
  const firstStart = await refuseLostDatabase(folder, { kind: place.kind, masterKey: place.masterKey, mayCreate: true });
  const store = await openTenantStore({ ...place, folder });
  lifecycle.onStop('the store', () => store.close());
  return { store, firstStart };
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
async function prepare(
  store: TenantStore,
  seeded: Seeded,
  options: TenantOptions & { domain: string; isShared: boolean; now: Now },
): Promise<void> {
  const { domain, now, tokenLifetimeSeconds, document, log } = options;
  if (tokenLifetimeSeconds !== undefined) await setTokenLifetime(store, seeded.managementApiId, tokenLifetimeSeconds);
  await rememberDomain(store, domain, { isShared: options.isShared, changesDomain: options.changesDomain });
  if (document === undefined) return;
  const { importDocument } = await import('./transfer/import-document.ts');
  const { records, skipped } = await importDocument(store, document, { domain, nowMs: now() });
  const changed = records.filter(({ outcome }) => outcome !== 'unchanged').length;
  log.info({ event: 'tenant.imported', records: records.length, changed, skipped: skipped.map(({ what }) => what) });
}

async function openTenantControls(
  stage: ControlStage,
  tenant: { store: TenantStore; domain: string; now: Now; nextKey: Promise<void>; log: Log; listen: ListenAddress | undefined },
  lifecycle: Lifecycle,
): Promise<TenantControls> {
  const { store, domain, now, nextKey, log, listen } = tenant;
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
  const { controls, close } = await openControls(stage, state, { listen, log });
  lifecycle.onStop('the test controls', close);
  lifecycle.onStop('requests that a fault delays', () => stage.endDelays());
  return controls;
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

/** Undefined for a port that is not known yet. */
const listeningDomain = (address: ListenAddress): string | undefined =>
  address.kind === 'unix' || address.port === 0 ? undefined : new URL(formatListenAddress(address)).host;

const retentionOf = ({ logRetention }: TenantOptions) => (logRetention === undefined ? {} : { retention: logRetention });

function newDeferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolvePromise) => {
    resolve = resolvePromise;
  });
  return { promise, resolve };
}
