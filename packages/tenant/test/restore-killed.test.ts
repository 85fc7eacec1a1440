import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStateFolder } from '@evertoken/service';
import { bundleProgram, spawnProcess } from '@evertoken/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { openTenantOperations, restoreBackup } from '../src/index.ts';
import { newApplication } from '../src/model/new-application.ts';
import { openTenantStore } from '../src/store/open-tenant-store.ts';
import { filesOf, insert, runningTenant, stateWith, temporaryFolder } from './running-tenant.ts';

const nowMs = 1_790_000_000_000;

/** A tenant that has been killed since its backup, when it had the application "Old"; "Newer" came after. */
async function aTenant(): Promise<{ path: string; file: string }> {
  const source = await stateWith();
  const file = join(await temporaryFolder(), 'backup.db');
  const store = await openTenantStore({ kind: 'sqlite', folder: await openStateFolder(source) });
  await insert(store, { applications: [newApplication({ name: 'Old' }, 0)] });
  await store.backup?.(file);
  await insert(store, { applications: [newApplication({ name: 'Newer' }, 0)] });
  // As they stand on the disk, with a journal.
  const path = await stateWith(filesOf(source));
  await store.close();
  return { path, file };
}

/** Which of the two applications the tenant has. */
async function applicationsIn(path: string): Promise<string[]> {
  const operations = await openTenantOperations({ folder: await openStateFolder(path), now: () => nowMs });
  try {
    const { clients = [] } = await operations.exportDocument({});
    return clients.map(({ name }) => String(name)).filter((name) => ['Old', 'Newer'].includes(name));
  } finally {
    await operations.close();
  }
}

const asideOf = async (path: string): Promise<string[]> =>
  (await readdir(join(path, 'tenant'))).filter((name) => /before/.test(name)).sort();

describe('a restore that is killed', { timeout: 240_000 }, () => {
  let program: string;
  beforeAll(async () => {
    program = await bundleProgram(new URL('programs/restorer.ts', import.meta.url));
  });

  it('leaves the one database or the other whole, whatever it had come to, and can be done again', async () => {
    const { path: origin, file } = await aTenant();
    const files = filesOf(origin);
    const found = new Set<string>();
    let isDone = false;
    for (let step = 1; !isDone; step += 1) {
      const path = await stateWith(files);
      const restorer = spawnProcess(process.execPath, [program, path, file, String(step)]);
      const { code, signal } = await restorer.exit();
      isDone = code === 0;
      expect([signal, isDone], restorer.stderr).toEqual(isDone ? [null, true] : ['SIGKILL', false]);
      const applications = await applicationsIn(path);
      expect([['Old', 'Newer'], ['Old']], `step ${step}`).toContainEqual(applications);
      found.add(applications.join());
      await restoreBackup({ folder: await openStateFolder(path) }, file, nowMs);
      expect(await applicationsIn(path), `again after step ${step}`).toEqual(['Old']);
      expect(await readdir(join(path, 'tenant'))).not.toContain('restored');
    }
    expect(found).toEqual(new Set(['Old,Newer', 'Old']));
  });
});

describe('a restore', { timeout: 60_000 }, () => {
  it('keeps what was there before whole in one file, and overwrites none that was kept before', async () => {
    const { path, file } = await aTenant();
    const folder = await openStateFolder(path);
    const name = 'tenant-before-2026-09-21T14-13-20-000Z';
    expect(await restoreBackup({ folder }, file, nowMs)).toEqual([join(path, 'tenant', `${name}.db`)]);
    expect(await restoreBackup({ folder }, file, nowMs)).toEqual([join(path, 'tenant', `${name}-2.db`)]);
    expect(await asideOf(path)).toEqual([`${name}-2.db`, `${name}.db`]);
    await rename(join(path, 'tenant', `${name}.db`), join(path, 'tenant', 'tenant.db'));
    expect(await applicationsIn(path)).toEqual(['Old', 'Newer']);
  });

  it('of a database that is damaged keeps it as it was, with its journal', async () => {
    const { path, file } = await aTenant();
    const [database, journal] = ['tenant.db', 'tenant.db-wal'].map((name) => join(path, 'tenant', name)) as [string, string];
    await writeFile(database, 'no database '.repeat(1_000));
    await writeFile(journal, 'no journal '.repeat(1_000));
    const before = [await readFile(database), await readFile(journal)];
    const kept = await restoreBackup({ folder: await openStateFolder(path) }, file, nowMs);
    expect(kept).toHaveLength(2);
    expect(await Promise.all(kept.map((each) => readFile(each)))).toEqual(before);
    expect(await applicationsIn(path)).toEqual(['Old']);
  });
});

describe('a folder whose database is gone, and that a restore left something in', { timeout: 60_000 }, () => {
  it('gets no empty tenant in its place, neither by a start nor by a seed', async () => {
    const { path, file } = await aTenant();
    const folder = await openStateFolder(path);
    await restoreBackup({ folder }, file, nowMs);
    const [aside = ''] = await asideOf(path);
    await rm(join(path, 'tenant', 'tenant.db'));
    const refused = {
      code: 'tenant_missing',
      place: join(path, 'tenant', 'tenant.db'),
      step: expect.stringMatching(new RegExp(`tenant restore FILE.*, or rename ${aside} to tenant.db`)) as string,
    };
    await expect(runningTenant({ path })).rejects.toMatchObject(refused);
    await expect(openTenantOperations({ folder, mayCreate: true })).rejects.toMatchObject(refused);
    await expect(openTenantOperations({ folder })).rejects.toMatchObject(refused);
    expect(await readdir(join(path, 'tenant'))).not.toContain('tenant.db');

    await link(join(path, 'tenant', aside), join(path, 'tenant', 'tenant.db'));
    await runningTenant({ path });
  });

  it('is told of a restore that was killed before there was any', async () => {
    const path = await temporaryFolder();
    const folder = await openStateFolder(path);
    await folder.folder('tenant', 'restored');
    await expect(runningTenant({ path })).rejects.toMatchObject({
      code: 'tenant_missing',
      problem: expect.stringContaining('restored') as string,
    });
    await rm(join(path, 'tenant', 'restored'), { recursive: true });
    await runningTenant({ path });
  });
});
