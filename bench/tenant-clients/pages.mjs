import { inRounds, middle, ratio } from '../agent/rounds.mjs';
import { wrk } from '../agent/wrk.mjs';
import { readOnce } from '../agent-reads/reads.mjs';
import { startMeasuredProcess } from '../measured-process.mjs';
import { rounded } from '../statistics.mjs';
import { table } from '../table.mjs';

const CONNECTIONS = 50;
const BARE = new URL('../agent-reads/bare-server-process.mjs', import.meta.url);
const paths = { page: '/api/v2/clients?per_page=50', checkpoint: '/api/v2/clients?take=50' };

/** What a list of clients costs, by the number of clients in the store: `tenants` are `{ count, url, headers, call }`. */
export async function measurePages({ tenants, rounds, seconds, folder, keep }) {
  const subjects = [];
  for (const tenant of tenants) {
    const answer = await readOnce(tenant.url, { method: 'GET', path: paths.page, headers: tenant.headers });
    const bare = keep(startMeasuredProcess(BARE));
    const url = await bare.call('start', { socketPath: `${folder}/bare-${tenant.count}.sock`, answers: { GET: answer } });
    subjects.push({ what: 'node:http that answers the same bytes', path: paths.page, ...tenant, ...bare, url });
    subjects.push({ what: 'the tenant, a page by its number', path: paths.page, ...tenant });
    subjects.push({ what: 'the tenant, a page by checkpoint', path: paths.checkpoint, ...tenant });
  }
  const samples = await inRounds(subjects, rounds, async ({ url, path, headers, call }) => {
    const before = await call('cpu');
    const { requests, ...loaded } = await wrk(`${url}${path}`, { connections: CONNECTIONS, seconds, headers });
    const after = await call('cpu');
    return { ...loaded, cpuMicroseconds: (after.user + after.system - before.user - before.system) / requests };
  });
  const bareAt = (count) => samples[subjects.findIndex((subject) => subject.count === count)];
  return subjects.map(({ what, count }, index) => ({
    what,
    clients: count,
    perSecond: middle(samples[index], 'perSecond'),
    overBare: ratio(samples[index], bareAt(count), 'perSecond'),
    overFewest: ratio(samples[index], samples[index % 3], 'perSecond'),
    cpuMicroseconds: middle(samples[index], 'cpuMicroseconds'),
    p50Microseconds: middle(samples[index], 'p50'),
    p99Microseconds: middle(samples[index], 'p99'),
  }));
}

export function pagesTable(rows, fewest) {
  return table(
    [`50 clients of a list, ${CONNECTIONS} connections`, 'clients', '1/s', '× bare', `× at ${fewest}`, 'CPU µs each', 'p50, ms', 'p99, ms'],
    rows.map((row) => [
      row.what,
      row.clients,
      Math.round(row.perSecond),
      row.overBare,
      row.overFewest,
      row.cpuMicroseconds,
      rounded(row.p50Microseconds / 1000),
      rounded(row.p99Microseconds / 1000),
    ]),
  );
}
