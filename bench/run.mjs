// `npm run bench`, `npm run bench -- client-get`: measures, prints the tables, writes results/NAME.json and the tables of README.md.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { say } from '../scripts/set-up.mjs';
import { machineFacts } from './machine.mjs';
import { setUpBench } from './set-up.mjs';

const names = ['client-get', 'client-import'];
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !names.includes(name));
if (unknown !== undefined) {
  say(`no bench is named "${unknown}"; there are: ${names.join(', ')}.`);
  process.exit(2);
}

await setUpBench(['@evertoken/client']);
// Only now: they read what the set-up installs.
const benches = {
  'client-get': async () => (await import('./client-get/bench.mjs')).clientGet(say),
  'client-import': async () => (await import('./client-import/bench.mjs')).clientImport(say),
};
mkdirSync(new URL('results/', import.meta.url), { recursive: true });
for (const name of asked.length === 0 ? names : asked) {
  const begun = performance.now();
  const { results, tables } = await benches[name]();
  const seconds = Math.round((performance.now() - begun) / 1000);
  const machine = machineFacts();
  writeFileSync(new URL(`results/${name}.json`, import.meta.url), `${JSON.stringify({ machine, seconds, ...results }, null, 2)}\n`);
  const { cpu, cores, memoryGiB, system, node, date } = machine;
  const text = [`${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}, ${date}; ${seconds} s.`, ...tables].join('\n\n');
  console.log(`\n${name}: ${text}\n`);
  writeTables(name, text);
}

/** Puts the tables between the marks of this bench in README.md. */
function writeTables(name, text) {
  const readme = new URL('README.md', import.meta.url);
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const now = readFileSync(readme, 'utf8');
  const [from, to] = [now.indexOf(begin), now.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`bench/README.md has no marks for the tables: ${begin} … ${end}`);
  writeFileSync(readme, `${now.slice(0, from + begin.length)}\n${text}\n${now.slice(to)}`);
}
