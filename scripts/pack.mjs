// Makes of each public package the tarball that is published: node scripts/pack.mjs [FOLDER]
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { buildPackages, root, say } from './set-up.mjs';

const run = promisify(execFile);

/** What the command takes from packages that are installed beside it. All else is in its own files. */
const beside = new Map([
  ['libsql', 'it is a native module, one for each system'],
  ['ioredis', 'only who shares a store in Redis loads it'],
  ['pg', 'only who keeps something in PostgreSQL loads it'],
  ['pino-pretty', 'it is required by its name, for people at a terminal'],
  ['undici', 'only who reaches an issuer through a proxy loads it'],
]);

/**
 * What a library has inside of its own files, with all that it depends on: nothing of it shows in its types, and it is far more files than all of ours. Of
 * fastify, what it depends on for its own tests alone (light-my-request, and so cookie) would ask for a later Node than we do.
 */
const inside = new Map([['@evertoken/tenant', ['kysely', 'fastify']]]);

/**
 * Packs every package that is not private into `folder`, from its built `dist`. The modules of a package become one file for each entry and what
 * entries share: a program that imports a hundred small files starts several times slower. Dependencies of libraries stay dependencies, but for what {@link inside}
 * names; the command, which nobody imports, has most of its own inside. The licences of what is inside are in a file.
 * @param {string} folder
 * @param {(name: string) => boolean} isWanted which packages; all by default
 * @returns {Promise<{ name: string, tarball: string }[]>}
 */
export async function packPackages(folder, isWanted = () => true) {
  mkdirSync(folder, { recursive: true });
  const stage = mkdtempSync(join(tmpdir(), 'evertoken-pack-'));
  try {
    const packed = [];
    for (const source of publicPackages(isWanted)) {
      const staged = join(stage, basename(source));
      const manifest = await stagePackage(source, staged);
      const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: staged });
      packed.push({ name: manifest.name, tarball: join(folder, JSON.parse(stdout)[0].filename) });
    }
    return packed;
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

function publicPackages(isWanted) {
  return readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .filter((folder) => {
      const { name, private: isPrivate } = readManifest(folder);
      return isPrivate !== true && isWanted(name);
    });
}

function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/** Lays out what goes into the tarball. */
async function stagePackage(source, staged) {
  const manifest = publishedManifest(readManifest(source), source);
  mkdirSync(join(staged, 'dist'), { recursive: true });
  writeFileSync(join(staged, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  cpSync(join(root, 'LICENSE'), join(staged, 'LICENSE'));
  for (const file of ['README.md', ...manifest.files.filter((file) => !file.includes('dist'))]) {
    if (existsSync(join(source, file))) cpSync(join(source, file), join(staged, file), { recursive: true });
  }
  // A command alone is imported by nobody.
  const isCommand = Object.keys(manifest.exports ?? {}).length === 0;
  const own = insideOf(manifest.name, source);
  const isBeside = isCommand ? (name) => beside.has(name) : (name) => !own.includes(name);
  const modules = await bundle(source, join(staged, 'dist'), { entries: entriesOf(manifest), isBeside, format: isCommand ? 'cjs' : 'esm' });
  const withPages = [source, ...(isCommand ? oursAmong(modules) : [])].filter((folder) => pagesOf(folder).length > 0);
  for (const page of withPages.flatMap(pagesOf)) cpSync(page, join(staged, 'dist', basename(page)), { recursive: true });
  if (!isCommand) copyDeclarations(source, join(staged, 'dist'));
  const packages = [...new Set([...packagesOf(modules), ...withPages.flatMap((folder) => dependenciesOf(folder))])];
  if (packages.length > 0) {
    writeFileSync(join(staged, 'THIRD-PARTY-LICENSES.md'), licencesOf(packages));
    const dependencies = isCommand ? dependenciesBeside() : dependenciesLeft(manifest, isBeside);
    const published = { ...manifest, ...(dependencies && { dependencies }), files: [...manifest.files, 'THIRD-PARTY-LICENSES.md'] };
    writeFileSync(join(staged, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
  }
  return manifest;
}

/** The packages of ours that these modules are of. Their pages go where the modules look for them: beside, in the same `dist`. */
function oursAmong(modules) {
  return publicPackages(() => true).filter((folder) => modules.some((file) => file.startsWith(join(folder, 'dist', '/'))));
}

/** The folders of what a package depends on, and of what that depends on: parts of all of it are inside of its pages. */
function dependenciesOf(folder, found = new Set()) {
  for (const name of Object.keys(readManifest(folder).dependencies ?? {})) {
    const dependency = folderOf(name, folder);
    if (!found.has(dependency)) dependenciesOf(dependency, found.add(dependency));
  }
  return [...found];
}

/** Names of the packages that the library `name` has inside. */
function insideOf(name, source) {
  const folders = (inside.get(name) ?? []).map((library) => folderOf(library, source));
  return [...new Set(folders.flatMap((folder) => [folder, ...dependenciesOf(folder)]))].map((folder) => readManifest(folder).name);
}

/** Where Node would find the package `name` from `folder`. */
function folderOf(name, folder) {
  const candidate = join(folder, 'node_modules', name);
  if (existsSync(join(candidate, 'package.json'))) return candidate;
  if (dirname(folder) === folder) throw new Error(`The package ${name} is not installed.`);
  return folderOf(name, dirname(folder));
}

/** Folders that Vite built, each a whole page. */
function pagesOf(source) {
  const folders = readdirSync(join(source, 'dist'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map((entry) => join(source, 'dist', entry.name)).filter((folder) => existsSync(join(folder, 'index.html')));
}

/** Without what is of use in the workspace alone: sources, scripts, what development takes, and what pages were built of, which is inside of them. */
function publishedManifest({ devDependencies: _, scripts: __, dependencies, ...rest }, source) {
  const manifest = pagesOf(source).length > 0 ? rest : { ...rest, ...(dependencies && { dependencies }) };
  const withoutSource = ({ '@evertoken/source': ___, ...conditions }) => conditions;
  const exports = Object.entries(manifest.exports ?? {}).map(([path, conditions]) => [
    path,
    typeof conditions === 'string' ? conditions : withoutSource(conditions),
  ]);
  return {
    ...manifest,
    ...(exports.length > 0 && { exports: Object.fromEntries(exports) }),
    files: manifest.files.filter((file) => !file.startsWith('!')),
  };
}

/** The modules that others reach: `exports` and `bin`; relative to `dist`. */
function entriesOf({ exports = {}, bin = {} }) {
  const files = [...Object.values(exports).map((conditions) => conditions.default ?? conditions), ...Object.values(bin)];
  return files.filter((file) => /\.c?js$/.test(file)).map((file) => relative('dist', file));
}

function copyDeclarations(source, to) {
  const from = join(source, 'dist');
  for (const file of readdirSync(from, { recursive: true }).map(String)) {
    // What is left of a source that is no more stays in `dist`.
    if (!file.endsWith('.d.ts') || !existsSync(join(source, 'src', file.replace(/\.d\.ts$/, '.ts')))) continue;
    mkdirSync(dirname(join(to, file)), { recursive: true });
    copyWithoutMap(join(from, file), join(to, file));
  }
}

/** Copies a compiled file; the sources that it names are not there. */
function copyWithoutMap(from, to) {
  writeFileSync(to, readFileSync(from, 'utf8').replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n'));
}

function dependenciesLeft({ dependencies }, isBeside) {
  return dependencies && Object.fromEntries(Object.entries(dependencies).filter(([name]) => isBeside(name)));
}

/** The packages of {@link beside}, in the versions that our own ask for. */
function dependenciesBeside() {
  const ours = publicPackages(() => true).map(readManifest);
  const wanted = ours.flatMap(({ dependencies = {} }) => Object.entries(dependencies)).filter(([name]) => beside.has(name));
  return Object.fromEntries(wanted.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** The licences of the packages (folders) that are inside of a file of ours, as each asks for. */
function licencesOf(packages) {
  const sections = packages.map((folder) => {
    const { name, version, license } = readManifest(folder);
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? `Published under the licence ${license}.` : readFileSync(join(folder, file), 'utf8').trim();
    return `## ${name} ${version}\n\n${text}\n`;
  });
  return `# Licences of what is inside of this package\n\n${sections.toSorted().join('\n')}`;
}

/**
 * Makes of the entries one file each, and of what they share. Packages of which `isBeside` says so are imported; answers the files of all modules that
 * are inside.
 */
async function bundle(source, dist, { entries, isBeside, format }) {
  const build = await rolldown({
    input: Object.fromEntries(entries.map((entry) => [entry.replace(/\.c?js$/, ''), join(source, 'dist', entry)])),
    platform: 'node',
    // Whatever is not a file is a dependency, or part of Node.
    external: (id) => !id.startsWith('.') && !id.startsWith('/') && (isBuiltin(id) || isBeside(packageNameOf(id))),
    logLevel: 'warn',
  });
  // Shared parts lie beside the entries, as deep as every module was: `../package.json` is the same file for all.
  const suffix = format === 'cjs' ? 'cjs' : 'js';
  const files = { dir: dist, format, strict: true, entryFileNames: `[name].${suffix}`, chunkFileNames: `part-[name]-[hash].${suffix}` };
  // V8 holds the text of a module as long as the program runs, in two bytes a character where only one of them is not Latin.
  const minify = { compress: false, mangle: false, codegen: { removeWhitespace: false, asciiOnly: true } };
  const { output } = await build.write({ ...files, minify, comments: { legal: true, annotation: true, jsdoc: false } });
  await build.close();
  return output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : [])).map((id) => id.replace(/^\0/, ''));
}

/** The folders of the packages of others that these modules are of. */
function packagesOf(modules) {
  const folders = modules.map((file) => /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]);
  return [...new Set(folders.filter((folder) => folder !== undefined))];
}

/** `@scope/name` of `@scope/name/file`. */
function packageNameOf(id) {
  return id.split('/', id.startsWith('@') ? 2 : 1).join('/');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildPackages(say);
  const packed = await packPackages(resolve(process.argv[2] ?? join(root, 'packed')));
  for (const { name, tarball } of packed) console.log(`${name} ${tarball}`);
}
