// `npm run simulate -- --runs 5000`: plays that many years of random trouble with the client and checks its promises; `--seed N` plays the same ones again,
// `--seed N --path P` goes straight to what a former run found, `--workers N` uses so many threads (default: one a core).
// `npm run simulate -- fleet`: see simulate-fleet.mjs.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { root, say, setUp } from './set-up.mjs';

/** Seeds of the threads lie so far apart: each thread plays the years of its own. */
const SEED_STEP = 1_000_003;

if (isMainThread) await main();
else await play(workerData);

async function main() {
  if (process.argv[2] === 'fleet') return mainOfFleets(process.argv.slice(3));
  const options = read(process.argv.slice(2));
  await setUp(say, { isForTests: true });
  const began = performance.now();
  const threads = options.path === undefined ? Math.min(options.workers, options.runs) : 1;
  const totals = [];
  let played = 0;
  let shown = began;
  const outcomes = Array.from({ length: threads }, (_, index) => {
    const runs = Math.floor(options.runs / threads) + (index < options.runs % threads ? 1 : 0);
    const data = { runs, seed: (options.seed + index * SEED_STEP) | 0, path: options.path };
    const worker = new Worker(new URL(import.meta.url), { workerData: data });
    return new Promise((resolve, reject) => {
      worker.on('error', reject);
      worker.on('message', ({ year, report }) => {
        if (report !== undefined) return resolve(report);
        totals.push(year);
        played += 1;
        if (performance.now() - shown < 10_000) return;
        shown = performance.now();
        say(`${played} of ${options.runs} …`);
      });
      worker.on('exit', (code) => resolve(code === 0 ? '' : `A thread ended with code ${code}.`));
    });
  });
  const reports = (await Promise.all(outcomes)).filter((report) => report !== '');
  const { sum, emptyReport } = await loadSimulation();
  const { days, tokenDays, requests, tokens, forced, shared, dropped, served, failed, aborted } = totals.reduce(sum, emptyReport);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const years = `${(days / 365).toFixed(1)} simulated years, ${(tokenDays / 365).toFixed(1)} of single tokens,`;
  console.log(`${played} scripts, ${years} in ${seconds} s (seed ${options.seed}).`);
  console.log(
    `${requests} requests, ${tokens} tokens, ${forced} of them forced; ${shared} failures shared, ${dropped} undeclared tokens dropped.`,
  );
  console.log(`${served} callers served, ${failed} failed for a reason, ${aborted} gave up.`);
  for (const report of reports) console.error(`\n${report}`);
  process.exitCode = reports.length > 0 ? 1 : 0;
}

async function mainOfFleets(args) {
  await setUp(say, { isForTests: true });
  const { readFleetOptions, simulateFleets } = await import('./simulate-fleet.mjs');
  let options;
  try {
    options = readFleetOptions(args);
  } catch (error) {
    say(error.message);
    process.exit(2);
  }
  process.exitCode = (await simulateFleets(options)) ? 0 : 1;
}

async function play({ runs, seed, path }) {
  const { checkYears } = await loadSimulation();
  const onYear = (year) => parentPort.postMessage({ year });
  const checked = await checkYears({ runs, seed, ...(path === undefined ? {} : { path }), onYear });
  parentPort.postMessage({ report: checked.ok ? '' : checked.report });
}

/** The options, or an end with a message that names the one which is wrong. */
function read(args) {
  const options = { runs: { type: 'string' }, seed: { type: 'string' }, path: { type: 'string' }, workers: { type: 'string' } };
  try {
    const { runs = '1000', seed, path, workers } = parseArgs({ args, options }).values;
    if (path !== undefined && seed === undefined) throw new TypeError('--path needs the --seed that it was printed with.');
    return {
      runs: whole('--runs', path === undefined ? runs : '1', 1),
      seed: seed === undefined ? (Math.random() * 2 ** 31) | 0 : whole('--seed', seed, -(2 ** 31)),
      path,
      workers: whole('--workers', workers ?? String(availableParallelism()), 1),
    };
  } catch (error) {
    say(error.message);
    process.exit(2);
  }
}

function whole(name, text, least) {
  const number = Number(text);
  if (!/^-?\d+$/.test(text) || number < least) throw new TypeError(`${name} must be a whole number, ${least} or more.`);
  return number;
}

function loadSimulation() {
  return import(pathToFileURL(join(root, 'packages/testkit/dist/simulation.js')).href);
}
