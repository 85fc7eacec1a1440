// Makes of each public package the tarball that is published: node scripts/pack.mjs [FOLDER]
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { buildPackages, root, say } from './set-up.mjs';

const run = promisify(execFile);

/**
 * Packs every package that is not private into `folder`, from its built `dist`. The modules of a package become one file for each entry and what
 * entries share: a program that imports a hundred small files starts several times slower. Dependencies stay dependencies.
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
  if (Object.keys(manifest.exports ?? {}).length > 0) copyDeclarations(source, join(staged, 'dist'));
  for (const page of pagesOf(source)) cpSync(page, join(staged, relative(source, page)), { recursive: true });
  await bundle(source, join(staged, 'dist'), entriesOf(manifest));
  return manifest;
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

/** The JavaScript files that others reach: `exports` and `bin`, relative to `dist`. */
function entriesOf({ exports = {}, bin = {} }) {
  const files = [...Object.values(exports).map((conditions) => conditions.default ?? conditions), ...Object.values(bin)];
  return files.filter((file) => file.endsWith('.js')).map((file) => relative('dist', file));
}

function copyDeclarations(source, to) {
  const from = join(source, 'dist');
  for (const file of readdirSync(from, { recursive: true }).map(String)) {
    // What is left of a source that is no more stays in `dist`.
    if (!file.endsWith('.d.ts') || !existsSync(join(source, 'src', file.replace(/\.d\.ts$/, '.ts')))) continue;
    mkdirSync(dirname(join(to, file)), { recursive: true });
    const text = readFileSync(join(from, file), 'utf8').replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n');
    writeFileSync(join(to, file), text);
  }
}

async function bundle(source, dist, entries) {
  const build = await rolldown({
    input: Object.fromEntries(entries.map((entry) => [entry.replace(/\.js$/, ''), join(source, 'dist', entry)])),
    platform: 'node',
    // Whatever is not a file of this package is a dependency, or part of Node.
    external: (id) => !id.startsWith('.') && !id.startsWith('/'),
    logLevel: 'warn',
  });
  // Shared parts lie beside the entries, as deep as every module was: `../package.json` is the same file for all.
  await build.write({ dir: dist, format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'part-[name]-[hash].js', minify: false });
  await build.close();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildPackages(say);
  const packed = await packPackages(resolve(process.argv[2] ?? join(root, 'packed')));
  for (const { name, tarball } of packed) console.log(`${name} ${tarball}`);
}
