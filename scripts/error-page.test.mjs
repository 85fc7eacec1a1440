import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { errorPage } from './error-page.mjs';
import { root } from './set-up.mjs';

it('docs/errors.md tells of every error as it is in the sources (node scripts/write-errors.mjs writes it)', async () => {
  expect(await readFile(join(root, 'docs/errors.md'), 'utf8')).toBe(await errorPage(root));
});

/** A folder with a copy of the sources that the page is made of. */
async function copiedSources() {
  const folder = await mkdtemp(join(tmpdir(), 'evertoken-errors-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const files = [
    'client/src/errors.ts',
    'agent/src',
    'service/src/service-error.ts',
    'tenant/src/tenant-error.ts',
    'redis/src/redis-store-error.ts',
    'postgres/src/postgres-store-error.ts',
  ];
  for (const file of files) await cp(join(root, 'packages', file), join(folder, 'packages', file), { recursive: true });
  const change = async (file, from, to) => {
    const path = join(folder, 'packages', file);
    await writeFile(path, (await readFile(path, 'utf8')).replace(from, to));
  };
  return { folder, change };
}

it('a code that nothing explains is refused', async () => {
  const { folder, change } = await copiedSources();
  expect(await errorPage(folder)).toBe(await errorPage(root));
  await change('agent/src/agent-error.ts', "  | 'app_key_unsafe'", "  | 'app_key_unsafe'\n  | 'app_key_lost'");
  await expect(errorPage(folder)).rejects.toThrow('does not explain `app_key_lost`');
});

it('a refusal whose code cannot be read is refused, and so cannot be missing in the page', async () => {
  const page = await errorPage(root);
  for (const code of ['missing_key', 'unknown_key']) expect(page).toContain(`| 401 | \`${code}\` | `);
  const { folder, change } = await copiedSources();
  await change('agent/src/deliver/bearer.ts', "'wrong_socket'", "boundApp === '' ? 'no_socket' : 'wrong_socket'");
  await expect(errorPage(folder)).rejects.toThrow(/bearer\.ts:\d+: write the status and the code .* `boundApp/);
});
