import { readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStateFolder } from '@evertoken/service';
import { describe, expect, it } from 'vitest';
import { examineTenant, openTenantOperations } from '../src/index.ts';
import { openTenantStore } from '../src/store/open-tenant-store.ts';
import { filesOf, runningTenant, stateWith, temporaryFolder } from './running-tenant.ts';

const at = (path: string, name: string): string => join(path, 'tenant', name);

/** What is left of a first start that was killed: its mark, and what it came to after that. */
async function aBrokenOffStart(cameTo: 'the mark' | 'the key' | 'an empty file' | 'the schema'): Promise<string> {
  const path = await temporaryFolder();
  const store = await openTenantStore({ kind: 'sqlite', folder: await openStateFolder(path) });
  await store.close();
  const files = filesOf(path);
  files.set('first-start', Buffer.alloc(0));
  if (cameTo !== 'the schema') for (const name of [...files.keys()].filter((each) => each.startsWith('tenant.db'))) files.delete(name);
  if (cameTo === 'an empty file') files.set('tenant.db', Buffer.alloc(0));
  if (cameTo === 'the mark') files.delete('master.key');
  return await stateWith(files);
}

describe('a folder with the master key of a tenant', { timeout: 60_000 }, () => {
  it.each([
    ['is gone', 'with its file', (path: string) => rm(at(path, 'tenant.db'))],
    ['is gone', 'out of its file', (path: string) => truncate(at(path, 'tenant.db'))],
    [
      'has lost its records',
      'and none else',
      async (path: string) => {
        const empty = filesOf(await aBrokenOffStart('the schema'));
        for (const [name, content] of empty) if (name.startsWith('tenant.db')) await writeFile(at(path, name), content);
      },
    ],
  ])('gets no empty tenant in the place of one whose database %s, %s', async (how, _where, lose) => {
    const files = filesOf(await stateWith());
    const path = await stateWith(files);
    await rm(at(path, 'tenant.db-wal'), { force: true });
    await lose(path);
    const folder = await openStateFolder(path);
    const refused = {
      code: 'tenant_missing',
      problem: `The database of this tenant ${how}, and its master.key is there`,
      place: at(path, 'tenant.db'),
      step: expect.stringMatching(/tenant restore FILE.*empty tenant, move master\.key/) as string,
    };
    await expect(runningTenant({ path })).rejects.toMatchObject(refused);
    await expect(openTenantOperations({ folder, mayCreate: true })).rejects.toMatchObject(refused);
    await expect(openTenantOperations({ folder })).rejects.toMatchObject(refused);
    await expect(examineTenant({ folder })).rejects.toMatchObject(refused);

    // The step that it names.
    await rename(at(path, 'master.key'), join(path, 'master.key'));
    await (await runningTenant({ path })).close();
  });

  it('whose first start ended has no mark of it, and starts again', async () => {
    const path = await temporaryFolder();
    await (await runningTenant({ path })).close();
    expect(await readdir(join(path, 'tenant'))).not.toContain('first-start');
    await runningTenant({ path });
  });

  it('says nothing of its database where the tenant is given its key', async () => {
    const path = await temporaryFolder();
    const store = { kind: 'sqlite', masterKey: { kind: 'value', base64url: Buffer.alloc(32, 7).toString('base64url') } } as const;
    await (await runningTenant({ path, store })).close();
    expect((await readdir(join(path, 'tenant'))).filter((name) => /key|first/.test(name))).toEqual([]);
  });
});

describe('a first start that was killed', { timeout: 60_000 }, () => {
  it.each(['the mark', 'the key', 'an empty file', 'the schema'] as const)('when it had come to %s is made again', async (cameTo) => {
    const path = await aBrokenOffStart(cameTo);
    await expect(openTenantOperations({ folder: await openStateFolder(path) })).rejects.toMatchObject({
      code: 'tenant_missing',
      problem: 'There is no tenant in this state folder',
    });
    const tenant = await runningTenant({ path });
    expect(await tenant.token()).toMatch(/^eyJ/);
    expect(await readdir(join(path, 'tenant'))).not.toContain('first-start');
  });

  it('in PostgreSQL that could not be reached leaves a folder for a tenant on SQLite', async () => {
    const path = await temporaryFolder();
    const store = { kind: 'postgres', url: 'postgresql://nobody@127.0.0.1:1/none' } as const;
    await expect(runningTenant({ path, store })).rejects.toMatchObject({ code: 'store_unusable' });
    const folder = await openStateFolder(path);
    await expect(openTenantOperations({ folder, store })).rejects.toMatchObject({ code: 'store_unusable' });
    await (await runningTenant({ path })).close();
    expect(await readdir(join(path, 'tenant'))).not.toContain('first-start');
  });

  it('after its records were written leaves a tenant, and no mark when that has started', async () => {
    const path = await stateWith();
    await writeFile(at(path, 'first-start'), '');
    await runningTenant({ path });
    expect(await readdir(join(path, 'tenant'))).not.toContain('first-start');
  });
});
