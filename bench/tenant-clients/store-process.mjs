// The tenant's token endpoint over one of the stores, put together of the workspace's modules, which alone take a store that is given:
// node store-process.mjs, then called over the channel.
import * as service from '@evertoken/service';
import { openChannel } from '../channel.mjs';
import { logToNowhere } from '../log-to-nowhere.mjs';
import { memoryStore } from './memory-store.mjs';

process.on('disconnect', () => process.exit(0));

const { openListeners, openStateFolder } = service;
const tenant = (module) => import(new URL(`../../packages/tenant/dist/${module}.js`, import.meta.url));
const { systemNow: now, systemSetTimer: setTimer } = await tenant('clock');
const { TokenIndex } = await tenant('issue/token-index');
const { StoreJournal } = await tenant('log/store-journal');
const { openTokenService } = await tenant('oauth/open-token-service');
const { openTenantStore } = await tenant('store/open-tenant-store');
const { createWebApp } = await tenant('web-app');

async function openStore(kind, { home, store: place }) {
  const store = await openTenantStore({ ...place, folder: await openStateFolder(home) });
  if (kind !== 'memory') return store;
  const records = await store.issuing();
  await store.close();
  return memoryStore(records);
}

openChannel(process, {
  async start({ kind, place }) {
    const store = await openStore(kind, place);
    const domain = 'bench.example';
    const log = logToNowhere(service);
    const index = new TokenIndex(domain);
    store.onChange((change) => index.apply(change));
    index.load(await store.issuing());
    const journal = new StoreJournal(store, { now, setTimer, log });
    const tokens = await openTokenService({ domain, index, store, rateLimitPlan: 'off', journal, log, now, setTimer });
    const { handle: handler } = createWebApp({ ...tokens, setTimer });
    const { urls } = await openListeners([{ kind: 'http', host: '127.0.0.1', port: 0 }], { handler });
    return { url: urls[0] };
  },
});
