// `npm run simulate -- fleet`: fleets of real keepers over a modelled Redis and issuer, one for each scenario; says what the issuer had to bear, and
// fails where that is above its bound. `--plot` writes docs/images/fleet-*.svg.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { fleetPlot } from './fleet-plot.mjs';
import { root, say } from './set-up.mjs';

const options = {
  nodes: { type: 'string', default: '10000' },
  seed: { type: 'string', default: '1' },
  scenario: { type: 'string' },
  'lifetime-seconds': { type: 'string', default: '86400' },
  workers: { type: 'string', default: '2' },
  plot: { type: 'boolean', default: false },
};

/** What is asked for, or a TypeError that names the option which is wrong. */
export function readFleetOptions(args) {
  const { values } = parseArgs({ args, options });
  const names = ['up', 'down', 'back', 'cold'];
  if (values.scenario !== undefined && !names.includes(values.scenario))
    throw new TypeError(`--scenario must be one of ${names.join(', ')}.`);
  const whole = (name, least) => {
    if (!/^\d+$/.test(values[name]) || Number(values[name]) < least)
      throw new TypeError(`--${name} must be a whole number, ${least} or more.`);
    return Number(values[name]);
  };
  return {
    names: values.scenario === undefined ? names : [values.scenario],
    nodes: whole('nodes', 1),
    seed: whole('seed', 0),
    lifetimeSeconds: whole('lifetime-seconds', 60),
    workers: whole('workers', 1),
    isPlotted: values.plot,
  };
}

/** Plays the scenarios, so many at a time. */
export async function simulateFleets({ names, nodes, seed, lifetimeSeconds, workers, isPlotted }) {
  const waiting = [...names];
  const reports = new Map();
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const began = performance.now();
      const played = await playInThread({ name, nodes, seed, lifetimeSeconds });
      reports.set(name, played);
      say(`${name}: played in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, names.length) }, work));
  let isMissed = false;
  for (const name of names) {
    const { report, lines, missed } = reports.get(name);
    console.log(`\n${name}: ${report.scenario.about}`);
    for (const line of lines) console.log(`  ${line}`);
    for (const line of missed) console.error(`  MISSED: ${line}`);
    const lifetime = lifetimeSeconds === 86_400 ? '' : ` --lifetime-seconds ${lifetimeSeconds}`;
    console.log(`  Replay: npm run simulate -- fleet --scenario ${name} --nodes ${nodes} --seed ${seed}${lifetime}`);
    isMissed ||= missed.length > 0;
    if (!isPlotted) continue;
    mkdirSync(join(root, 'docs/images'), { recursive: true });
    writeFileSync(join(root, `docs/images/fleet-${name}.svg`), fleetPlot(report));
  }
  return !isMissed;
}

function playInThread(workerData) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('fleet-thread.mjs', import.meta.url), { workerData });
    worker.on('message', resolve);
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`The thread ended with code ${code}.`)));
  });
}
