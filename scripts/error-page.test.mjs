import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { errorPage } from './error-page.mjs';
import { root } from './set-up.mjs';

it('docs/errors.md tells of every error as it is in the sources (node scripts/write-errors.mjs writes it)', async () => {
  expect(await readFile(join(root, 'docs/errors.md'), 'utf8')).toBe(await errorPage(root));
});

it('a code that nothing explains is refused', async () => {
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
  expect(await errorPage(folder)).toBe(await errorPage(root));
  const path = join(folder, 'packages/agent/src/agent-error.ts');
  await writeFile(path, (await readFile(path, 'utf8')).replace("  | 'app_key_unsafe'", "  | 'app_key_unsafe'\n  | 'app_key_lost'"));
  await expect(errorPage(folder)).rejects.toThrow('does not explain `app_key_lost`');
});
