import { inRounds, middle, ratio } from '../agent/rounds.mjs';
import { rounded } from '../statistics.mjs';
import { table } from '../table.mjs';
import { loadWith } from '../tenant-tokens/load.mjs';

const CONNECTIONS = 50;

/** Tokens a second of `subjects`, each `{ url, bodies }` with the file of its requests; ratios to what `baseOf(index)` says is the base of each. */
export async function measureTokens(subjects, { rounds, seconds, baseOf }) {
  const samples = await inRounds(subjects, rounds, ({ url, bodies }) =>
    loadWith(`${url}/oauth/token`, { connections: CONNECTIONS, seconds, bodies }),
  );
  return subjects.map((_, index) => ({
    perSecond: middle(samples[index], 'perSecond'),
    overBase: ratio(samples[index], samples[baseOf(index)], 'perSecond'),
    p50Microseconds: middle(samples[index], 'p50'),
    p99Microseconds: middle(samples[index], 'p99'),
  }));
}

const MB = (bytes) => rounded(bytes / 1e6);
const ms = (microseconds) => rounded(microseconds / 1000);

export function scaleTable(rows, fewest) {
  return table(
    ['the tenant', 'clients', 'start to first token, ms', 'RSS after it, MB', 'RSS, highest, MB', 'tokens/s', `× at ${fewest}`, 'p99, ms'],
    rows.map((row) => [
      row.store,
      row.clients,
      row.startMs,
      MB(row.rssAfterStart),
      MB(row.highestRss),
      Math.round(row.perSecond),
      row.overBase,
      ms(row.p99Microseconds),
    ]),
  );
}

export function storesTable(rows) {
  return table(
    [`tokens, ${CONNECTIONS} connections`, 'distinct, 1/s', '× in memory', 'p99, ms', 'the same, 1/s', '× in memory', 'p99, ms'],
    rows.map(({ store, distinct, herd }) => [
      store,
      Math.round(distinct.perSecond),
      distinct.overBase,
      ms(distinct.p99Microseconds),
      Math.round(herd.perSecond),
      herd.overBase,
      ms(herd.p99Microseconds),
    ]),
  );
}
