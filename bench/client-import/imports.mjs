import { execFile } from 'node:child_process';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { subjects } from '../client-get/subjects.mjs';
import { median, rounded } from '../statistics.mjs';
import { table } from '../table.mjs';

const ROUNDS = 15;
const run = promisify(execFile);
const script = fileURLToPath(new URL('import-process.mjs', import.meta.url));
const folder = fileURLToPath(new URL('.', import.meta.url));
const empty = { name: 'an empty module', specifier: './empty-module.mjs' };

/** ms of an import in a fresh process, alternated; bytes of the package with its dependencies, bundled and minified. */
export async function measureImports() {
  const all = [...subjects, empty];
  const samples = all.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, { specifier }] of all.entries()) {
      const { stdout } = await run(process.execPath, [script, specifier]);
      samples[index].push(Number(stdout));
    }
  }
  const results = [];
  for (const [index, { name, version, specifier }] of all.entries()) {
    const { first, later } = await bundle(specifier);
    results.push({
      subject: name,
      version,
      ms: rounded(median(samples[index])),
      overOurs: rounded(median(samples[index].map((ms, round) => ms / samples[0][round]))),
      minifiedBytes: first.byteLength,
      gzipBytes: gzipSync(first, { level: 9 }).byteLength,
      laterBytes: later.byteLength,
    });
  }
  return results;
}

/** The package and its dependencies, minified for Node: what the import itself loads, and what `import()` loads later, when it is needed. */
async function bundle(specifier) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export * from ${JSON.stringify(specifier)};`, resolveDir: folder },
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    legalComments: 'none',
    logLevel: 'error',
    write: false,
    metafile: true,
    absWorkingDir: folder,
    outdir: folder,
  });
  const loaded = new Set();
  const load = (path) => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { path: next, kind, external } of metafile.outputs[path].imports) if (kind === 'import-statement' && !external) load(next);
  };
  load(Object.keys(metafile.outputs).find((path) => metafile.outputs[path].entryPoint === '<stdin>'));
  const contentsOf = (wanted) =>
    Buffer.concat(outputFiles.filter(({ path }) => loaded.has(relative(folder, path)) === wanted).map(({ contents }) => contents));
  return { first: contentsOf(true), later: contentsOf(false) };
}

export function importsTable(results) {
  const kB = (bytes) => rounded(bytes / 1000);
  const rows = results.map(({ subject, version, ms, overOurs, minifiedBytes, gzipBytes, laterBytes }) => [
    version === undefined ? subject : `${subject} ${version}`,
    ms,
    overOurs,
    kB(minifiedBytes),
    kB(gzipBytes),
    kB(laterBytes),
  ]);
  return table(['import in a fresh process', 'ms', '× ours', 'minified, kB', 'gzipped, kB', 'loaded later, kB'], rows);
}
