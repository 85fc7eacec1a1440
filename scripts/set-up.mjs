// Makes a clone ready to run: packages installed, sources built, the `evertoken` command linked. Costs next to nothing when all is done.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the workspace. */
export const root = fileURLToPath(new URL('..', import.meta.url));

const oldestNode = [20, 19];
const oldestNpm = 7;

/** Whether a Node.js of this version (`20.19.0`) runs the project. */
export function isNodeNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
}

/**
 * Whether `installed` (npm's own record in node_modules) holds what `locked` (package-lock.json) asks for: all of it where `isForTests`, otherwise
 * what building and running take. Packages for other platforms are optional and may be absent, never of another version; those that are for `machine`,
 * where it is given, must be there.
 */
export function isInstalled(locked, installed, { isForTests, machine }) {
  return Object.entries(locked.packages).every(([path, wanted]) => {
    if (!path.includes('node_modules/')) return true;
    const held = installed.packages[path];
    if (held !== undefined) return held.version === wanted.version && held.integrity === wanted.integrity;
    if (wanted.dev && !isForTests) return true;
    if (machine !== undefined && isMadeFor(wanted, machine)) return false;
    return Boolean(wanted.optional || wanted.devOptional || wanted.peer);
  });
}

/** Whether a package is for machines of this kind, and not for any. */
function isMadeFor({ os, cpu, libc }, machine) {
  return (
    os !== undefined &&
    [
      [os, machine.os],
      [cpu, machine.cpu],
      [libc, machine.libc],
    ].every(([kinds = [], kind]) => kinds.length === 0 || kinds.includes(kind))
  );
}

// Read by a process of its own: this one remembers what it did not find.
const loading = "require('libsql'); require('lightningcss'); import('vite').catch(() => process.exit(1))";

/** Whether the packages below `folder` that have native modules, each for other machines, find that of this machine. Takes half a second. */
export function hasNativeModules(folder) {
  return spawnSync(process.execPath, ['-e', loading], { cwd: folder, stdio: 'ignore' }).status === 0;
}

/** This machine in the words of package-lock.json. */
function thisMachine() {
  const libc = () => (process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc');
  return { os: process.platform, cpu: process.arch, libc: process.platform === 'linux' ? libc() : undefined };
}

/**
 * Installs the npm packages unless the ones of package-lock.json are there. The development packages are two thirds of them: they come with the
 * first `npm test` or `npm run check`, and stay. Ends the process with a message where this Node.js is too old, the installation fails, or npm leaves out a
 * native module without which nothing runs.
 */
export async function installPackages(say, { isForTests }) {
  // Before anything else: for an older Node.js npm leaves out the native modules that ask for a later one, and says nothing.
  if (!isNodeNewEnough(process.versions.node)) {
    fail(`Node.js ${oldestNode.join('.')} or later is needed; this is ${process.versions.node} (${process.execPath}).`);
  }
  const lockFile = join(root, 'package-lock.json');
  const record = join(root, 'node_modules/.package-lock.json');
  const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
  const installed = existsSync(record) ? read(record) : { packages: {} };
  const lock = read(lockFile);
  const stamp = join(root, 'node_modules/.evertoken-installed');
  const request = [fingerprintOf([lockFile]), process.platform, process.arch, process.versions.node].join(' ');
  // What the registry does not offer for this machine is asked for once, if all runs without it: npm leaves out as silently what it could not fetch.
  const isAsked = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === request && hasNativeModules(root);
  const isWhole = () => isInstalled(lock, installed, { isForTests, machine: thisMachine() }) || isAsked();
  if (isInstalled(lock, installed, { isForTests }) && isWhole()) return;
  const [, npmMajor = oldestNpm] = /^npm\/(\d+)/.exec(process.env.npm_config_user_agent ?? '') ?? [];
  if (Number(npmMajor) < oldestNpm) fail(`npm ${oldestNpm} or later is needed: this one knows no workspaces. Node.js brings a later one.`);
  mustBeWritable([root, join(root, 'node_modules')]);
  const isForDevelopment = isForTests || Object.values(installed.packages).some(({ dev }) => dev);
  const npmCli = process.env.npm_execpath;
  const npm = npmCli?.endsWith('npm-cli.js') ? [process.execPath, npmCli] : ['npm'];
  // Not `npm ci`: that refuses a lock file without the optional packages of every other platform, which registries may not all offer.
  // The versions are those of the lock file all the same, and `--no-save` leaves it as it is. NODE_ENV must not decide what is left out.
  const install = ['install', '--no-save', isForDevelopment ? '--include=dev' : '--omit=dev', '--no-audit', '--no-fund'];
  await run(
    say,
    'installing npm packages',
    [...npm, ...install],
    'npm could not install the packages: see above. Is the package registry reachable, and its cache (npm_config_cache) writable?',
  );
  if (!hasNativeModules(root)) {
    fail(
      `npm left out native modules for this machine (${process.platform} ${process.arch}). Is the package registry reachable, and none omitted by "npm config get omit"?`,
    );
  }
  writeFileSync(stamp, request);
}

/**
 * Compiles the packages and builds the pages, each unless its sources are those of the last build. Without judging types, which takes three times as
 * long and more packages: `npm run check` does.
 */
export async function buildPackages(say) {
  const compiler = [process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-b', '--noCheck'];
  const compiled = packageFolders().map((folder) => join(folder, 'dist/.tsbuildinfo'));
  const pages = ['status', 'dashboard'].map((name) => join(root, 'packages/console/dist', name, 'index.html'));
  await Promise.all([
    buildOnce('built', sourcesOfPackages(), compiled, () =>
      run(say, 'building', compiler, 'The build failed: mend what the compiler names above.'),
    ),
    buildOnce('pages-built', sourcesOfPages(), pages, () =>
      run(
        say,
        'building the pages',
        [process.execPath, join(root, 'scripts/build-pages.mjs')],
        'The pages could not be built: mend what Vite names above.',
      ),
    ),
  ]);
  linkCommand();
}

/** All of it, in order. Ends the process with a message when a step fails. */
export async function setUp(say, { isForTests }) {
  await installPackages(say, { isForTests });
  await buildPackages(say);
}

/** Writes a step of the work to stderr. */
export function say(line) {
  process.stderr.write(`evertoken: ${line}\n`);
}

function packageFolders() {
  const packages = join(root, 'packages');
  return readdirSync(packages)
    .map((name) => join(packages, name))
    .filter((folder) => existsSync(join(folder, 'tsconfig.json')));
}

/** Builds unless `files` are all there and were built from these sources, as the stamp says that the last build left. */
async function buildOnce(stampName, sources, files, build) {
  const stamp = join(root, `node_modules/.evertoken-${stampName}`);
  const fingerprint = fingerprintOf(sources);
  if (files.every((file) => existsSync(file)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return;
  mustBeWritable([dirname(stamp), ...files.flatMap((file) => [dirname(file), file])]);
  rmSync(stamp, { force: true });
  await build();
  writeFileSync(stamp, fingerprint);
}

/** Ends the process with a message where one of `paths` is there and is somebody else's, as after a first run by root. */
function mustBeWritable(paths) {
  const foreign = paths.find((path) => {
    try {
      if (existsSync(path)) accessSync(path, constants.W_OK);
      return false;
    } catch {
      return true;
    }
  });
  if (foreign !== undefined) fail(`${foreign} may not be written: run this as its owner, or in a clone of your own.`);
}

/** Everything the compiler reads. */
function sourcesOfPackages() {
  const rootFiles = ['package-lock.json', 'tsconfig.json', 'tsconfig.base.json'].map((file) => join(root, file));
  const ofPackage = (folder) => [
    join(folder, 'package.json'),
    join(folder, 'tsconfig.json'),
    ...filesIn(join(folder, 'src')).filter((name) => name.endsWith('.ts')),
  ];
  return [...rootFiles, ...packageFolders().flatMap(ofPackage)];
}

/** Everything that Vite reads. */
function sourcesOfPages() {
  return ['package-lock.json', 'scripts/build-pages.mjs']
    .map((file) => join(root, file))
    .concat(filesIn(join(root, 'packages/console/src')));
}

function filesIn(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Names, sizes and times. */
function fingerprintOf(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${relative(root, file)} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** npm links a command only if its file exists at install time, and ours is built afterwards: `npx evertoken` would not find it. */
function linkCommand() {
  const command = join(root, 'packages/cli/dist/evertoken.cjs');
  const link = join(root, 'node_modules/.bin/evertoken');
  if (!existsSync(command) || process.platform === 'win32') return;
  // Only where it must be: the file may be somebody else's.
  if ((statSync(command).mode & 0o111) !== 0o111) chmodSync(command, 0o755);
  const target = '../evertoken/dist/evertoken.cjs';
  const isThere = lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  if (isThere && readlinkSync(link) === target) return;
  rmSync(link, { force: true });
  symlinkSync(target, link);
}

/** Runs a step quietly, but for its name and, every ten seconds, that it goes on; what it printed is shown when it fails. */
async function run(say, step, [program, ...args], explanation) {
  say(`${step} …`);
  let seconds = 0;
  const reminder = setInterval(() => {
    seconds += 10;
    say(`still ${step}, ${seconds} s …`);
  }, 10_000);
  const printed = [];
  const problem = await new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => printed.push(chunk));
    child.on('error', (error) => resolve(`${error.message}\n`));
    child.on('close', (code, signal) => resolve(code === 0 ? undefined : signal === null ? '' : `ended by ${signal}\n`));
  });
  clearInterval(reminder);
  if (problem === undefined) return;
  process.stderr.write(Buffer.concat(printed));
  process.stderr.write(problem);
  fail(explanation);
}

function fail(message) {
  say(message);
  process.exit(1);
}
