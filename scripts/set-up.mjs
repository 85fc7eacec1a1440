// Makes a clone ready to run: packages installed, sources built, the `evertoken` command linked. Costs next to nothing when all is done.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the workspace. */
export const root = fileURLToPath(new URL('..', import.meta.url));

const oldestNode = [20, 19];

/** Whether a Node.js of this version (`20.19.0`) runs the project. */
export function isNodeNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
}

/**
 * Whether `installed` (npm's own record in node_modules) holds what `locked` (package-lock.json) asks for. Packages for other platforms
 * are optional and may be absent, never of another version.
 */
export function isInstalled(locked, installed) {
  return Object.entries(locked.packages).every(([path, wanted]) => {
    if (!path.includes('node_modules/')) return true;
    const held = installed.packages[path];
    if (held === undefined) return Boolean(wanted.optional || wanted.devOptional || wanted.peer);
    return held.version === wanted.version && held.integrity === wanted.integrity;
  });
}

/** Installs the npm packages unless the ones of package-lock.json are there. */
export function installPackages(say) {
  const record = join(root, 'node_modules/.package-lock.json');
  const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
  if (existsSync(record) && isInstalled(read(join(root, 'package-lock.json')), read(record))) return;
  say('installing npm packages …');
  const npmCli = process.env.npm_execpath;
  const npm = npmCli?.endsWith('npm-cli.js') ? [process.execPath, npmCli] : ['npm'];
  // Not `npm ci`: that refuses a lock file without the optional packages of every other platform, which registries may not all offer.
  // The versions are those of the lock file all the same, and `--no-save` leaves it as it is. The build needs the development packages,
  // whatever NODE_ENV says.
  const install = ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund'];
  run([...npm, ...install], 'npm could not install the packages: see above. Is the package registry reachable?');
}

/** Compiles the packages unless their sources are those of the last build. */
export function buildPackages(say) {
  const stamp = join(root, 'node_modules/.evertoken-built');
  const sources = sourcesFingerprint();
  const isBuilt = packageFolders().every((folder) => existsSync(join(folder, 'dist/.tsbuildinfo')));
  if (!isBuilt || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== sources) {
    say('building …');
    rmSync(stamp, { force: true });
    run([process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-b'], 'The build failed: mend what the compiler names above.');
    writeFileSync(stamp, sources);
  }
  linkCommand();
}

/** All of it, in order. Ends the process with a message when a step fails. */
export function setUp(say) {
  if (!isNodeNewEnough(process.versions.node)) {
    fail(`Node.js ${oldestNode.join('.')} or later is needed; this is ${process.versions.node} (${process.execPath}).`);
  }
  installPackages(say);
  buildPackages(say);
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

/** Names, sizes and times of everything the compiler reads. */
function sourcesFingerprint() {
  const hash = createHash('sha256');
  const add = (path) => {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${relative(root, path)} ${size} ${mtimeMs}\n`);
  };
  const rootFiles = ['package-lock.json', 'tsconfig.json', 'tsconfig.base.json'];
  for (const file of rootFiles) add(join(root, file));
  for (const folder of packageFolders()) {
    add(join(folder, 'package.json'));
    add(join(folder, 'tsconfig.json'));
    const files = readdirSync(join(folder, 'src'), { recursive: true }).map(String);
    for (const file of files.filter((name) => name.endsWith('.ts')).sort()) add(join(folder, 'src', file));
  }
  return hash.digest('hex');
}

/** npm links a command only if its file exists at install time, and ours is built afterwards: `npx evertoken` would not find it. */
function linkCommand() {
  const command = join(root, 'packages/cli/dist/bin.js');
  const link = join(root, 'node_modules/.bin/evertoken');
  if (!existsSync(command) || process.platform === 'win32') return;
  chmodSync(command, 0o755);
  if (lstatSync(link, { throwIfNoEntry: false }) === undefined) symlinkSync('../evertoken/dist/bin.js', link);
}

/** Runs a step quietly; what it printed is shown when it fails. */
function run([program, ...args], explanation) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}${error === undefined ? '' : `${error.message}\n`}`);
  fail(explanation);
}

function fail(message) {
  say(message);
  process.exit(1);
}
