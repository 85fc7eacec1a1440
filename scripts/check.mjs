// `npm run check`: everything that can be judged without running the program. One line a check, the findings at the end.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { leakFindings } from './checks/leaks.mjs';
import { nameAndSizeFindings } from './checks/names-and-sizes.mjs';
import { testNameFindings } from './checks/test-names.mjs';
import { trackedFiles } from './checks/tracked-files.mjs';
import { installPackages, root, say } from './set-up.mjs';

await installPackages(say, { isForTests: true });

/** Runs a program; what it printed are the findings when it fails. */
function run(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, env: { ...process.env, NO_COLOR: '1' } });
    const out = [];
    const err = [];
    child.stdout.on('data', (chunk) => out.push(chunk));
    child.stderr.on('data', (chunk) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ok: code === 0, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }));
  });
}

/** Runs a script of a package of node_modules with this Node. */
const runTool = (script, ...args) => run(process.execPath, [join(root, 'node_modules', script), ...args]);

async function runFindings(...steps) {
  for (const step of steps) {
    const { ok, out, err } = await step();
    if (!ok) return [`${out}${err}`.trim()];
  }
  return [];
}

async function registryHost() {
  const { ok, out } = await run('npm', ['config', 'get', 'registry']);
  return ok && URL.canParse(out.trim()) ? new URL(out.trim()).host : undefined;
}

async function testNames() {
  const { ok, out, err } = await runTool('vitest/vitest.mjs', 'list', '--json');
  return ok ? testNameFindings(root, JSON.parse(out.slice(out.indexOf('[')))) : [`${out}${err}`.trim()];
}

// The slowest first, so that the others run beside it.
const checks = {
  types: () =>
    runFindings(
      () => runTool('typescript/bin/tsc', '-b'),
      () => runTool('typescript/bin/tsc', '-p', 'tsconfig.tests.json'),
      () => runTool('typescript/bin/tsc', '-p', 'packages/console/tsconfig.browser.json'),
    ),
  'format and lint': () =>
    runFindings(() => runTool('@biomejs/biome/bin/biome', 'ci', '--colors=off', '--error-on-warnings', '--max-diagnostics=200')),
  promises: () => runFindings(() => runTool('oxlint/bin/oxlint', '--type-aware', '--deny-warnings')),
  layers: () => runFindings(() => run(process.execPath, [join(root, 'scripts/checks/layers.mjs')])),
  'names and sizes': async () => nameAndSizeFindings(root, trackedFiles(root)),
  leaks: async () => leakFindings(root, trackedFiles(root), await registryHost()),
  'unused code': () => runFindings(() => runTool('knip/bin/knip.js', '--no-progress')),
  'test names': testNames,
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => checks[name] === undefined);
if (unknown.length > 0) {
  say(`no check is named "${unknown.join('", "')}"; there are: ${Object.keys(checks).join(', ')}.`);
  process.exit(2);
}
const waiting = Object.entries(checks).filter(([name]) => names.length === 0 || names.includes(name));
const failures = [];

async function work() {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [name, check] = next;
    const begun = performance.now();
    const findings = await check().catch((error) => [error.stack]);
    const seconds = ((performance.now() - begun) / 1000).toFixed(1).padStart(5);
    console.log(`${findings.length === 0 ? 'ok    ' : 'FAILED'} ${seconds} s  ${name}`);
    if (findings.length > 0) failures.push({ name, findings });
  }
}

await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, work));
for (const { name, findings } of failures) console.error(`\n── ${name} ──\n${findings.join('\n')}`);
if (failures.length > 0) {
  console.error(`\n${failures.length} of the checks failed. One alone: npm run check -- "${failures[0].name}"`);
  process.exitCode = 1;
}
