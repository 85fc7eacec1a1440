import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
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

/** ms of an import in a fresh process, alternated; bytes of the package with its dependencies as one minified bundle. */
export async function measureImports() {
  const temporary = await mkdtemp(join(tmpdir(), 'evertoken-bench-'));
  try {
    const oneFile = join(temporary, 'client.mjs');
    await writeFile(oneFile, await bundle(subjects[0].specifier));
    const inOneFile = { name: `${subjects[0].name} in one file`, specifier: pathToFileURL(oneFile).href };
    return await measure([...subjects, inOneFile, empty]);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function measure(all) {
  const samples = all.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, { specifier }] of all.entries()) {
      const { stdout } = await run(process.execPath, [script, specifier]);
      samples[index].push(Number(stdout));
    }
  }
  const results = [];
  for (const [index, { name, version, specifier }] of all.entries()) {
    const contents = await bundle(specifier);
    results.push({
      subject: name,
      version,
      ms: rounded(median(samples[index])),
      overOurs: rounded(median(samples[index].map((ms, round) => ms / samples[0][round]))),
      minifiedBytes: contents.byteLength,
      gzipBytes: gzipSync(contents, { level: 9 }).byteLength,
    });
  }
  return results;
}

/** The package and its dependencies as one minified file for Node. */
async function bundle(specifier) {
  const { outputFiles } = await build({
    stdin: {
      contents: `export * from ${JSON.stringify(specifier.startsWith('file:') ? fileURLToPath(specifier) : specifier)};`,
      resolveDir: folder,
    },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    legalComments: 'none',
    logLevel: 'error',
    write: false,
  });
  return outputFiles[0].contents;
}

export function importsTable(results) {
  const kB = (bytes) => rounded(bytes / 1000);
  const rows = results.map(({ subject, version, ms, overOurs, minifiedBytes, gzipBytes }) => [
    version === undefined ? subject : `${subject} ${version}`,
    ms,
    overOurs,
    kB(minifiedBytes),
    kB(gzipBytes),
  ]);
  return table(['import in a fresh process', 'ms', '× ours', 'minified, kB', 'gzipped, kB'], rows);
}
