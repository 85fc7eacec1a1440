import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileStore } from '@evertoken/client/file-store';
import { aKey, aStoredToken, tokenStoreContract } from '@evertoken/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const key = new Uint8Array(32).fill(7);
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'evertoken-store-'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

tokenStoreContract('the file store', () => openFileStore({ folder: join(root, 'tokens'), key }));

describe('the file store', () => {
  const open = (someKey: Uint8Array = key) => openFileStore({ folder: join(root, 'tokens'), key: someKey });
  const file = () => join(root, 'tokens', `${aKey()}.token`);

  it('gives a token back to the next process, and to nobody with another key', async () => {
    await (await open()).save(aKey(), aStoredToken());
    expect(await (await open()).load(aKey())).toEqual(aStoredToken());
    expect(await (await open(new Uint8Array(32).fill(8))).load(aKey())).toBeUndefined();
  });

  it('keeps files and folder private, and the token sealed in them', async () => {
    await (await open()).save(aKey(), aStoredToken());
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect((await stat(join(root, 'tokens'))).mode & 0o777).toBe(0o700);
    const content = await readFile(file(), 'latin1');
    expect(content).not.toContain('payload');
    expect(content).not.toContain('read:clients');
  });

  it('removes what a save left that died, and no file of anybody else', async () => {
    await open();
    const left = `${aKey()}.token.0123456789ab.tmp`;
    for (const name of [left, 'notes.tmp', `${aKey()}.tmp`]) await writeFile(join(root, 'tokens', name), 'x');
    await open();
    expect((await readdir(join(root, 'tokens'))).sort()).toEqual([`${aKey()}.tmp`, 'notes.tmp'].sort());
  });

  it('does not take one token’s record for another’s', async () => {
    const store = await open();
    await store.save(aKey('a'), aStoredToken());
    await writeFile(join(root, 'tokens', `${aKey('b')}.token`), await readFile(file()));
    expect(await store.load(aKey('b'))).toBeUndefined();
  });

  it('misses a record that is cut or changed anywhere', async () => {
    const store = await open();
    await store.save(aKey(), aStoredToken());
    const record = await readFile(file());
    for (let at = 0; at < record.length; at += 7) {
      const changed = Buffer.from(record);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await writeFile(file(), changed);
      expect(await store.load(aKey())).toBeUndefined();
      await writeFile(file(), record.subarray(0, at));
      expect(await store.load(aKey())).toBeUndefined();
    }
    await writeFile(file(), record);
    expect(await store.load(aKey())).toEqual(aStoredToken());
  });

  it('follows no link to a record', async () => {
    const store = await open();
    await store.save(aKey(), aStoredToken());
    await writeFile(join(root, 'elsewhere'), await readFile(file()), { mode: 0o600 });
    await rm(file());
    await symlink(join(root, 'elsewhere'), file());
    expect(await store.load(aKey())).toBeUndefined();
  });

  it('waits for no pipe in the place of a record', async () => {
    const store = await open();
    spawnSync('mkfifo', ['-m', '600', file()]);
    // A thread that waited would be missing for all other files: there are four.
    expect(await Promise.all(Array.from({ length: 4 }, () => store.load(aKey())))).toEqual(Array.from({ length: 4 }, () => undefined));
    await store.save(aKey(), aStoredToken());
    expect(await store.load(aKey())).toEqual(aStoredToken());
  });

  it('takes a folder in the place of a record for none', async () => {
    const store = await open();
    await mkdir(file());
    expect(await store.load(aKey())).toBeUndefined();
  });

  it('removes what a process left that died in the middle of a save', async () => {
    await open();
    await writeFile(`${file()}.0123456789ab.tmp`, 'half');
    await open();
    expect(await readdir(join(root, 'tokens'))).toEqual([]);
  });

  it('refuses a folder that others can read, a link, and a key of the wrong length', async () => {
    await mkdir(join(root, 'tokens'));
    await chmod(join(root, 'tokens'), 0o750);
    await expect(open()).rejects.toThrow('chmod 700');
    await chmod(join(root, 'tokens'), 0o700);
    await expect(open()).resolves.toBeDefined();
    await symlink(join(root, 'tokens'), join(root, 'link'));
    for (const link of ['link', 'link/', 'link//', 'link/.'])
      await expect(openFileStore({ folder: `${root}/${link}`, key })).rejects.toThrow('link');
    await expect(open(new Uint8Array(16))).rejects.toThrow(TypeError);
  });

  it('takes nothing for a key that could leave the folder', async () => {
    const store = await open();
    await expect(store.save('../escape', aStoredToken())).rejects.toThrow(TypeError);
  });
});
