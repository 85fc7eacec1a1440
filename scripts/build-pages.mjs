// Builds the pages of packages/console, each into a folder of its own, with compressed copies beside the files: node scripts/build-pages.mjs
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { root } from './set-up.mjs';

const folder = join(root, 'packages/console');
// Vite leaves one that is set: started by a test, it would build for development, with the paths of this machine in the pages.
process.env.NODE_ENV = 'production';

for (const pages of ['status', 'dashboard']) {
  const outDir = join(folder, 'dist', pages);
  await build({
    configFile: false,
    root: join(folder, 'src', pages),
    // Relative, so that the pages may lie below any path.
    base: './',
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      // Nothing inline: the Content-Security-Policy of the pages forbids it.
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      reportCompressedSize: false,
    },
  });
  compressFiles(outDir);
}

/** Puts `.br` and `.gz` beside each file that gets smaller by it. */
function compressFiles(built) {
  const files = readdirSync(built, { recursive: true }).map(String);
  for (const file of files.filter((name) => /\.(?:html|js|css|svg)$/.test(name))) {
    const path = join(built, file);
    const content = readFileSync(path);
    const smaller = {
      br: brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }),
      gz: gzipSync(content, { level: 9 }),
    };
    for (const [ending, bytes] of Object.entries(smaller)) if (bytes.length < content.length) writeFileSync(`${path}.${ending}`, bytes);
  }
}
