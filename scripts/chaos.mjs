// `npm run chaos -- --seed 7 --minutes 10`: a fleet of 20 agents and 8 library processes, real ones, through troubles in an order that the seed decides;
// `--agents N` and `--libraries N` make it larger or smaller. The test e2e/fleet-chaos.test.ts plays a short one.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root, say, setUp } from './set-up.mjs';

const plan = read(process.argv.slice(2));
await setUp(say, { isForTests: true });
const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', root, '--project', 'e2e', '--disable-console-intercept'];
const tests = ['e2e/fleet-chaos.test.ts', 'e2e/fleet-cold-start.test.ts'];
const { status } = spawnSync(process.execPath, [...vitest, ...tests], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, EVERTOKEN_CHAOS: JSON.stringify(plan) },
});
process.exitCode = status ?? 1;

/** The options, or an end with a message that names the one which is wrong. */
function read(args) {
  const options = Object.fromEntries(['seed', 'minutes', 'agents', 'libraries'].map((name) => [name, { type: 'string' }]));
  try {
    const { seed, minutes = '5', agents = '20', libraries = '8' } = parseArgs({ args, options }).values;
    return {
      seed: seed === undefined ? (Math.random() * 2 ** 31) | 0 : whole('--seed', seed, 0),
      minutes: whole('--minutes', minutes, 1),
      agents: whole('--agents', agents, 0),
      libraries: whole('--libraries', libraries, 1),
    };
  } catch (error) {
    say(error.message);
    process.exit(2);
  }
}

function whole(name, text, least) {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least) throw new TypeError(`${name} must be a whole number, ${least} or more.`);
  return number;
}
