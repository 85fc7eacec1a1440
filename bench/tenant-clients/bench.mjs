import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRounds, middle } from '../agent/rounds.mjs';
import { needPrograms } from '../agent/wrk.mjs';
import { startMeasuredProcess } from '../measured-process.mjs';
import { writeBodies } from './clients.mjs';
import { measurePages, pagesTable } from './pages.mjs';
import { kindNames, openPlaces } from './places.mjs';
import { measureFirstStarts, measureSeeding, seedingTable, startsTable, timeStart } from './starts.mjs';
import { measureTokens, scaleTable, storesTable } from './tokens.mjs';

const TENANT = new URL('tenant-process.mjs', import.meta.url);
const STORE = new URL('store-process.mjs', import.meta.url);
const FEW = 100;

/** The tenant with few and with many clients, over each store. Answers what stands in the results file, and the tables to show. */
export async function tenantClients(say, { isQuick = false } = {}) {
  needPrograms(say, 'wrk');
  const many = isQuick ? 2_000 : 100_000;
  const times = timesOf(isQuick);
  return await withPlaces(say, async ({ folder, places, keep }) => {
    say(`tenants with ${FEW} and with ${many} clients …`);
    const bodies = { [FEW]: await writeBodies(folder, FEW), [many]: await writeBodies(folder, many) };
    const tenants = await fillTenants(places, [FEW, many]);
    say('starts …');
    const starts = await inRounds(tenants, times.rounds, ({ place }) => timeStart(place));
    for (const tenant of tenants) Object.assign(tenant, await startTenant(tenant.place, keep));
    say('pages of clients …');
    const listed = await Promise.all(tenants.filter(({ kind }) => kind === 'sqlite').map(withReader));
    const pages = await measurePages({ tenants: listed, rounds: times.rounds, seconds: 1, folder, keep });
    say('tokens …');
    const tokens = await measureTokens(
      tenants.map((tenant) => ({ ...tenant, bodies: bodies[tenant.count].distinct })),
      { ...times, baseOf: (index) => index - (index % 2) },
    );
    const scale = [];
    for (const [index, { kind, count, call, rssAfterStart }] of tenants.entries()) {
      const { highestRss } = await call('memory');
      const startMs = middle(starts[index], 'ms');
      scale.push({ store: kindNames[kind], clients: count, startMs, rssAfterStart, highestRss, ...tokens[index] });
    }
    return { results: { pages, scale }, tables: [pagesTable(pages, FEW), scaleTable(scale, FEW)] };
  });
}

/** What a store costs, first starts, and seeding. Answers what stands in the results file, and the tables to show. */
export async function tenantStores(say, { isQuick = false } = {}) {
  needPrograms(say, 'wrk');
  return await withPlaces(say, async ({ folder, places, keep }) => {
    const tenants = await fillTenants(places, [FEW]);
    say('tokens …');
    const stores = await measureStores({ tenants, bodies: await writeBodies(folder, FEW), times: timesOf(isQuick), keep });
    say('first starts …');
    const firstStarts = await measureFirstStarts({ folder, rounds: isQuick ? 1 : 9 });
    say('seeding …');
    const seeding = await measureSeeding({ folder, places, rounds: isQuick ? 1 : 3 });
    return { results: { stores, firstStarts, seeding }, tables: [storesTable(stores), startsTable(firstStarts), seedingTable(seeding)] };
  });
}

const timesOf = (isQuick) => (isQuick ? { rounds: 1, seconds: 1 } : { rounds: 4, seconds: 2 });

async function withPlaces(say, work) {
  const folder = await mkdtemp(join(tmpdir(), 'evertoken-bench-'));
  const endings = [() => rm(folder, { recursive: true, force: true })];
  const keep = (thing) => {
    endings.push(() => thing.end());
    return thing;
  };
  try {
    return await work({ folder, keep, places: await openPlaces({ say, folder, keep }) });
  } finally {
    for (const end of endings.reverse()) await end();
  }
}

/** For each database one with so many clients, in pairs. */
async function fillTenants(places, counts) {
  const tenants = [];
  for (const kind of places.kinds) {
    for (const count of counts) tenants.push({ kind, count, place: await places.filled(kind, count) });
  }
  return tenants;
}

async function startTenant(place, keep) {
  const { call, end } = keep(startMeasuredProcess(TENANT));
  const { url, application } = await call('start', place);
  await tokenOf({ url, application });
  const { rss: rssAfterStart } = await call('memory');
  return { call, end, url, application, rssAfterStart };
}

async function tokenOf({ url, application: { clientId, clientSecret, audience } }) {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, audience });
  const { access_token: token } = await (await fetch(`${url}/oauth/token`, { method: 'POST', body })).json();
  return token;
}

/** With the token of the application that the first start made: it may read clients, and not their secrets. */
async function withReader(tenant) {
  return { ...tenant, headers: { authorization: `Bearer ${await tokenOf(tenant)}` } };
}

/** Over a store in memory first, then over each of the others, all put together in the same way. */
async function measureStores({ tenants, bodies, times, keep }) {
  const subjects = [];
  for (const { kind, place } of [{ kind: 'memory', place: tenants[0].place }, ...tenants]) {
    const { call, end } = keep(startMeasuredProcess(STORE));
    const { url } = await call('start', { kind, place });
    subjects.push({ kind, url, end });
  }
  const baseOf = () => 0;
  const measure = (requests, seconds) =>
    measureTokens(
      subjects.map(({ url }) => ({ url, bodies: requests })),
      { rounds: times.rounds, seconds, baseOf },
    );
  const [distinct, herd] = [await measure(bodies.distinct, times.seconds), await measure(bodies.herd, 1)];
  for (const { end } of subjects) await end();
  return subjects.map(({ kind }, index) => ({ store: kindNames[kind], distinct: distinct[index], herd: herd[index] }));
}
