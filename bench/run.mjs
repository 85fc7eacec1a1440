// `npm run bench`, `npm run bench -- client-get`: measures, prints the tables, writes results/NAME.json and the tables of README.md and ../docs/comparison.md.
// `npm run bench -- agent-reads --quick`: short rounds, to see that it works; nothing is written.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { withMeasured } from '../scripts/comparison-tables.mjs';
import { say } from '../scripts/set-up.mjs';
import { machineFacts } from './machine.mjs';
import { setUpBench } from './set-up.mjs';

// Imported when the set-up is done: they read what it installs.
const benches = {
  'client-get': async () => (await import('./client-get/bench.mjs')).clientGet(say),
  'client-import': async () => (await import('./client-import/bench.mjs')).clientImport(say),
  'fleet-reads': async (options) => (await import('./fleet-reads/bench.mjs')).fleetReads(say, options),
  'agent-reads': async (options) => (await import('./agent-reads/bench.mjs')).agentReads(say, options),
  'agent-proxy': async (options) => (await import('./agent-proxy/bench.mjs')).agentProxy(say, options),
  'agent-command': async (options) => (await import('./agent-command/bench.mjs')).agentCommand(say, options),
  'agent-memory': async (options) => (await import('./agent-memory/bench.mjs')).agentMemory(say, options),
  'tenant-tokens': async (options) => (await import('./tenant-tokens/bench.mjs')).tenantTokens(say, options),
  'tenant-clients': async (options) => (await import('./tenant-clients/bench.mjs')).tenantClients(say, options),
  'tenant-stores': async (options) => (await import('./tenant-clients/bench.mjs')).tenantStores(say, options),
  pages: async (options) => (await import('./pages/bench.mjs')).pages(say, options),
};
const names = Object.keys(benches);
const isQuick = process.argv.includes('--quick');
const asked = process.argv.slice(2).filter((argument) => argument !== '--quick');
const unknown = asked.find((name) => !names.includes(name));
if (unknown !== undefined) {
  say(`no bench is named "${unknown}"; there are: ${names.join(', ')}.`);
  process.exit(2);
}
const chosen = asked.length === 0 ? names : asked;
if (isQuick && chosen.some((name) => name.startsWith('client-'))) {
  say('only the benches of fleet, agent, tenant and pages have quick rounds; name them.');
  process.exit(2);
}

// Else what stands on `exit` would be left out.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
await setUpBench({
  client: chosen.some((name) => name.startsWith('client-')),
  agent: chosen.some((name) => name.startsWith('agent-') || name.startsWith('tenant-')),
});
mkdirSync(new URL('results/', import.meta.url), { recursive: true });
for (const name of chosen) {
  const begun = performance.now();
  const { results, tables } = await benches[name]({ isQuick });
  const seconds = Math.round((performance.now() - begun) / 1000);
  const machine = machineFacts();
  if (!isQuick)
    writeFileSync(new URL(`results/${name}.json`, import.meta.url), `${JSON.stringify({ machine, seconds, ...results }, null, 2)}\n`);
  const { cpu, cores, memoryGiB, system, node, date } = machine;
  const text = [`${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}, ${date}; ${seconds} s.`, ...tables].join('\n\n');
  console.log(`\n${name}: ${text}\n`);
  if (!isQuick) writeTables(name, text);
}

/** Puts the tables between the marks of this bench in README.md, and the numbers of docs/comparison.md that come from them there. */
function writeTables(name, text) {
  const readme = new URL('README.md', import.meta.url);
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const now = readFileSync(readme, 'utf8');
  const [from, to] = [now.indexOf(begin), now.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`bench/README.md has no marks for the tables: ${begin} … ${end}`);
  const next = `${now.slice(0, from + begin.length)}\n${text}\n${now.slice(to)}`;
  writeFileSync(readme, next);
  const comparison = new URL('../docs/comparison.md', import.meta.url);
  writeFileSync(comparison, withMeasured(readFileSync(comparison, 'utf8'), next));
}
