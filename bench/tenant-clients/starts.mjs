import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packedHome, programs } from '../agent/agent-program.mjs';
import { inRounds, middle, ratio } from '../agent/rounds.mjs';
import { timeRun } from '../agent-command/timed-run.mjs';
import { rounded } from '../statistics.mjs';
import { table } from '../table.mjs';
import { documentOf } from './clients.mjs';
import { timeFirstToken } from './first-token.mjs';
import { kindNames } from './places.mjs';

const SEEDED = 1_000;
const command = fileURLToPath(programs.packed);
const embedded = fileURLToPath(new URL('embedded.mjs', import.meta.url));

/** The start of a tenant that is there already, as `evertoken tenant start` over plain http. */
export async function timeStart({ home, store }) {
  const args = [command, 'tenant', 'start', '--home', home, '--listen', 'http://127.0.0.1:0', '--domain', 'bench.example', '--log', 'json'];
  return await timeFirstToken(args, environmentOf(store));
}

const environmentOf = ({ url }) => (url === undefined ? {} : { EVERTOKEN_DATABASE_URL: url });

/** From an empty folder to the first token over https, in each way to start a tenant. Keys are found by chance, so single starts differ. */
export async function measureFirstStarts({ folder, rounds }) {
  const empty = () => join(folder, `empty-${randomUUID()}`);
  const ways = [
    { what: 'an empty program, `node -e 0`', time: () => timeRun(['-e', '0']) },
    { what: '`startTenant` of the library', time: () => timeFirstToken([embedded, 'library', empty()]) },
    { what: '`startTestTenant` of the library', time: () => timeFirstToken([embedded, 'testing'], { TMPDIR: folder }) },
    {
      what: '`evertoken tenant start`',
      time: () => timeFirstToken([command, 'tenant', 'start', '--home', empty(), '--listen', 'https://localhost:0', '--log', 'json']),
    },
  ];
  return summaries(ways, await inRounds(ways, rounds, ({ time }) => time()));
}

/** `evertoken tenant seed` of a file where there is no tenant yet: its keys are made too. */
export async function measureSeeding({ folder, places, rounds }) {
  const file = join(folder, 'seed.yaml');
  const { writeDeployDocument } = await import(new URL('@evertoken/tenant/dist/index.js', packedHome));
  await writeDeployDocument(file, documentOf(SEEDED));
  const ways = places.kinds.map((kind) => ({
    what: `${SEEDED.toLocaleString('en-US').replace(',', ' ')} applications with a grant each, ${kindNames[kind]}`,
    time: async () => {
      const { home, store } = await places.new(kind);
      return await timeRun([command, 'tenant', 'seed', file, '--home', home], { env: environmentOf(store) });
    },
  }));
  return summaries(ways, await inRounds(ways, rounds, ({ time }) => time()));
}

function summaries(ways, samples) {
  return ways.map(({ what }, index) => ({
    what,
    ms: middle(samples[index], 'ms'),
    longestMs: rounded(Math.max(...samples[index].map(({ ms }) => ms))),
    overFirst: ratio(samples[index], samples[0], 'ms'),
  }));
}

export function startsTable(rows) {
  return table(
    ['an empty folder to the first token, https', 'ms', 'longest, ms'],
    rows.map(({ what, ms, longestMs }) => [what, ms, longestMs]),
  );
}

export function seedingTable(rows) {
  return table(
    ['`evertoken tenant seed`, an empty store', 'ms', 'longest, ms'],
    rows.map(({ what, ms, longestMs }) => [what, ms, longestMs]),
  );
}
