// `npm run test:on-runtimes -- node@24 bun deno workerd`: uses the packed client on other runtimes, fetched as packages.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, say, setUp } from './set-up.mjs';

const { arch } = process;
/** By name: the npm package that holds the program, where it stands in there, and how it runs a module. */
const runtimes = {
  node: { package: `node-linux-${arch}`, program: 'bin/node', run: runModule },
  bun: { package: `@oven/bun-linux-${arch === 'arm64' ? 'aarch64' : arch}`, program: 'bin/bun', run: runModule },
  deno: { package: `@deno/linux-${arch}-glibc`, program: 'deno', before: ['run', '--allow-all'], run: runModule },
  workerd: { package: `@cloudflare/workerd-linux-${arch === 'x64' ? '64' : arch}`, program: 'bin/workerd', run: runWorker },
};

const wanted = process.argv.slice(2);
if (wanted.length === 0) wanted.push('node@20', 'node@22', 'node@24', 'node@26', 'bun', 'deno', 'workerd');
const unknown = wanted.find((name) => !(name.split('@')[0] in runtimes));
if (unknown !== undefined) {
  say(`"${unknown}" is no runtime known here; known are ${Object.keys(runtimes).join(', ')}, each with @VERSION if you like.`);
  process.exit(2);
}
await setUp(say, { isForTests: true });
// Only now are the packages there that they take.
const { rolldown } = await import('rolldown');
const { packPackages } = await import('./pack.mjs');
const folder = mkdtempSync(join(tmpdir(), 'evertoken-runtimes-'));
const issuer = spawn(process.execPath, [fileURLToPath(new URL('runtimes/issuer.mjs', import.meta.url))], {
  stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
});
try {
  const origin = String(await new Promise((resolve) => issuer.stdout.once('data', resolve))).trim();
  await installClient();
  for (const name of wanted) if (!(await worksOn(name, origin))) process.exitCode = 1;
} finally {
  issuer.disconnect();
  rmSync(folder, { recursive: true, force: true });
}

/** As `npm install` would lay it out. */
async function installClient() {
  const [{ tarball }] = await packPackages(folder, (name) => name === '@evertoken/client');
  const home = join(folder, 'node_modules/@evertoken/client');
  mkdirSync(home, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', home]);
  cpSync(join(root, 'node_modules/oauth4webapi'), join(folder, 'node_modules/oauth4webapi'), { recursive: true });
  cpSync(new URL('runtimes/program.mjs', import.meta.url), join(folder, 'program.mjs'));
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}');
}

async function worksOn(name, origin) {
  const [kind, version = 'latest'] = name.split('@');
  const runtime = runtimes[kind];
  const home = join(folder, name);
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{"private":true}');
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${runtime.package}@${version}`];
  if (spawnSync('npm', install, { cwd: home, stdio: ['ignore', 'ignore', 'inherit'] }).status !== 0) {
    say(`${name}: npm could not fetch ${runtime.package}: see above.`);
    return false;
  }
  const program = join(home, 'node_modules', runtime.package, runtime.program);
  const { status, stdout, stderr } = await runtime.run(program, origin, runtime.before ?? []);
  console.log(`${name}: ${status === 0 ? `works. ${stdout.trim()}` : `fails (${status})\n${stdout}${stderr}`}`);
  return status === 0;
}

function runModule(program, origin, before) {
  const main = join(folder, 'main.mjs');
  writeFileSync(
    main,
    `import { useClient } from './program.mjs';\nconst worked = await useClient(${JSON.stringify(origin)}, 'timer');\nconsole.log(worked.length + ' checks');\n`,
  );
  return spawnSync(program, [...before, main], { cwd: folder, encoding: 'utf8', timeout: 60_000 });
}

/** workerd takes one bundle, and runs its `test` handler. */
async function runWorker(program, origin) {
  const entry = join(folder, 'worker-entry.mjs');
  writeFileSync(
    entry,
    `import { useClient } from './program.mjs';\nexport default { async test() { const worked = await useClient(${JSON.stringify(origin)}, 'on-access'); console.log(worked.length + ' checks'); } };\n`,
  );
  const build = await rolldown({ input: entry, platform: 'neutral' });
  await build.write({ file: join(folder, 'worker.mjs'), format: 'esm', codeSplitting: false });
  await build.close();
  writeFileSync(
    join(folder, 'worker.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [
  (name = "main", worker = (modules = [(name = "worker", esModule = embed "worker.mjs")], compatibilityDate = "2026-01-01")),
  (name = "internet", network = (allow = ["private", "local", "public"])),
]);
`,
  );
  return spawnSync(program, ['test', join(folder, 'worker.capnp')], { cwd: folder, encoding: 'utf8', timeout: 60_000 });
}
