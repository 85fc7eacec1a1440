// Plays one scenario of a fleet in a thread of its own.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { root } from './set-up.mjs';

const { fleetLines, fleetScenario, missedGoals, simulateFleet } = await import(
  pathToFileURL(join(root, 'packages/testkit/dist/fleet.js')).href
);
const { name, nodes, seed, lifetimeSeconds } = workerData;
const report = await simulateFleet({ scenario: fleetScenario(name, lifetimeSeconds * 1000), nodes, seed });
parentPort.postMessage({ report, lines: fleetLines(report), missed: missedGoals(report) });
