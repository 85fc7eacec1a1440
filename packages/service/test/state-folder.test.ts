import { spawnSync } from 'node:child_process';
import { chmod, chown, lstat, mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freshFolder } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStateFolder, privateKeyFile } from '../src/index.ts';

const isRoot = process.getuid?.() === 0;
const modeOf = async (path: string): Promise<number> => (await lstat(path)).mode & 0o777;
const refusal = (code: string): unknown => expect.objectContaining({ name: 'ServiceError', code });

describe('openStateFolder', () => {
  it('makes a folder, and those above it, that nobody else may enter', async () => {
    const path = join(await freshFolder(), 'a', 'b');
    const folder = await openStateFolder(path);
    expect(folder.path).toBe(path);
    expect(await modeOf(path)).toBe(0o700);
    expect(await modeOf(join(path, '..'))).toBe(0o700);
  });

  it('keeps all of it out of git', async () => {
    const folder = await openStateFolder(await freshFolder());
    expect(await readFile(folder.file('.gitignore'), 'utf8')).toBe('*\n');
  });

  it('closes a folder of ours that is open to others', async () => {
    const path = await freshFolder();
    await chmod(path, 0o755);
    await openStateFolder(path);
    expect(await modeOf(path)).toBe(0o700);
  });

  it('opens a folder again with what it holds', async () => {
    const path = await freshFolder();
    await (await openStateFolder(path)).writePrivate('kept', 'content');
    expect(await (await openStateFolder(path)).read('kept')).toBe('content');
  });

  it('writes nothing where all is there already, as a full disk would not let it', async () => {
    const path = await freshFolder();
    const folder = await openStateFolder(path);
    await folder.placePrivate('key', 'first');
    const longAgo = new Date(1_000_000);
    // A new file, even one that is gone at once, would change it.
    await utimes(path, longAgo, longAgo);
    expect(await (await openStateFolder(path)).placePrivate('key', 'second')).toBe(false);
    expect((await lstat(path)).mtimeMs).toBe(longAgo.getTime());
    expect(await folder.read('key')).toBe('first');
  });

  it('refuses a symbolic link', async () => {
    const path = await freshFolder();
    await mkdir(join(path, 'real'));
    await symlink(join(path, 'real'), join(path, 'link'));
    await expect(openStateFolder(join(path, 'link'))).rejects.toEqual(refusal('state_folder_unsafe'));
  });

  it.skipIf(!isRoot)('refuses a folder of another user', async () => {
    const path = await freshFolder();
    await chown(path, 65534, 65534);
    await expect(openStateFolder(path)).rejects.toEqual(refusal('state_folder_unsafe'));
  });

  it('refuses a file, and a path through a file', async () => {
    const file = join(await freshFolder(), 'file');
    await writeFile(file, '');
    await expect(openStateFolder(file)).rejects.toEqual(refusal('state_folder_unsafe'));
    await expect(openStateFolder(join(file, 'below'))).rejects.toEqual(refusal('state_folder_unsafe'));
  });

  it('names a place that cannot be written', async () => {
    const error: unknown = await openStateFolder('/proc/evertoken').catch((error: unknown) => error);
    expect(error).toMatchObject({
      code: 'state_folder_unwritable',
      place: '/proc/evertoken',
      step: expect.stringContaining('choose another folder'),
    });
  });

  it('writes files whole and for its owner alone, and leaves nothing beside them', async () => {
    const folder = await openStateFolder(await freshFolder());
    const path = await folder.writePrivate('env', 'first');
    await Promise.all([folder.writePrivate('env', 'second'), folder.writePrivate('env', 'second')]);
    expect(await folder.read('env')).toBe('second');
    expect(await modeOf(path)).toBe(0o600);
    expect((await readdir(folder.path)).sort()).toEqual(['.gitignore', 'env']);
  });

  it('removes what killed processes left beside a file, and nothing that another may be writing', async () => {
    const folder = await openStateFolder(await freshFolder());
    const beside = (ending: string) => folder.file(`env.${ending}`);
    for (const ending of ['0123456789abcdef', 'fedcba9876543210', 'old']) await writeFile(beside(ending), 'half');
    for (const ending of ['0123456789abcdef', 'old']) await utimes(beside(ending), 0, 0);
    await folder.writePrivate('env', 'first');
    expect((await readdir(folder.path)).sort()).toEqual(['.gitignore', 'env', 'env.fedcba9876543210', 'env.old']);
    await utimes(beside('fedcba9876543210'), 0, 0);
    await folder.placePrivate('env', 'is there');
    await folder.writePrivate('env', 'second');
    expect((await readdir(folder.path)).sort()).toEqual(['.gitignore', 'env', 'env.old']);
  });

  it('places a file once, and leaves the one that is there', async () => {
    const folder = await openStateFolder(await freshFolder());
    const placed = await Promise.all(['a', 'b', 'c'].map((content) => folder.placePrivate('key', content)));
    expect(placed.filter(Boolean)).toHaveLength(1);
    expect(await folder.read('key')).toBe(['a', 'b', 'c'][placed.indexOf(true)]);
    expect(await modeOf(folder.file('key'))).toBe(0o600);
    expect((await readdir(folder.path)).sort()).toEqual(['.gitignore', 'key']);
  });

  it('keeps the old file whole when the disk is full, and leaves nothing beside it', async (test) => {
    const disk = await freshFolder();
    // Only root may make a small disk.
    if (spawnSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', disk]).status !== 0) test.skip();
    onTestFinished(() => void spawnSync('/bin/umount', [disk]));
    const folder = await openStateFolder(join(disk, 'state'));
    await folder.writePrivate('bundle', 'old');
    const full = { code: 'state_folder_unwritable', step: 'Make room on the disk.' };
    await expect(folder.writePrivate('bundle', 'x'.repeat(50_000))).rejects.toMatchObject(full);
    await expect(folder.placePrivate('key', 'x'.repeat(50_000))).rejects.toMatchObject(full);
    expect(await folder.read('bundle')).toBe('old');
    expect((await readdir(folder.path)).sort()).toEqual(['.gitignore', 'bundle']);
  });

  it('tells a file that is not there from an empty one', async () => {
    const folder = await openStateFolder(await freshFolder());
    await folder.writePrivate('empty', '');
    expect(await folder.read('empty')).toBe('');
    expect(await folder.read('missing')).toBeUndefined();
  });

  it('makes private folders inside, and refuses a link among them', async () => {
    const folder = await openStateFolder(await freshFolder());
    const inner = await folder.folder('tokens', 'default');
    expect(await modeOf(inner)).toBe(0o700);
    expect(await modeOf(folder.file('tokens'))).toBe(0o700);
    await symlink(inner, folder.file('link'));
    await expect(folder.folder('link')).rejects.toEqual(refusal('state_folder_unsafe'));
  });

  it('leads nowhere out of itself', async () => {
    const folder = await openStateFolder(await freshFolder());
    expect(() => folder.file('..', 'other')).toThrow(TypeError);
    expect(() => folder.file('/etc/passwd')).toThrow(TypeError);
    await expect(folder.writePrivate('../other', '')).rejects.toThrow(TypeError);
  });
});

describe('privateKeyFile', () => {
  it('makes a key once and reads it ever after', async () => {
    const folder = await openStateFolder(await freshFolder());
    const key = await privateKeyFile(folder, 'store.key', 32);
    expect(key).toHaveLength(32);
    expect(await privateKeyFile(folder, 'store.key', 32)).toEqual(key);
    expect(await modeOf(folder.file('store.key'))).toBe(0o600);
    expect(await readFile(folder.file('store.key'), 'utf8')).toBe(key.toString('base64url'));
  });

  it('makes one key when many ask at once', async () => {
    const folder = await openStateFolder(await freshFolder());
    const keys = await Promise.all(Array.from({ length: 20 }, () => privateKeyFile(folder, 'store.key', 32)));
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
    expect((await readdir(folder.path)).sort()).toEqual(['.gitignore', 'store.key']);
  });

  it('takes a key that a person wrote with a line end', async () => {
    const folder = await openStateFolder(await freshFolder());
    await folder.writePrivate('store.key', `${Buffer.alloc(32, 7).toString('base64url')}\n`);
    expect(await privateKeyFile(folder, 'store.key', 32)).toEqual(Buffer.alloc(32, 7));
  });

  it.each([0o640, 0o620, 0o610, 0o604, 0o602, 0o601])('refuses a key that others have a right on (mode %o)', async (mode) => {
    const folder = await openStateFolder(await freshFolder());
    await privateKeyFile(folder, 'store.key', 32);
    await chmod(folder.file('store.key'), mode);
    await expect(privateKeyFile(folder, 'store.key', 32)).rejects.toEqual(refusal('state_folder_unsafe'));
  });

  it('waits for no pipe in the place of a file', async () => {
    const folder = await openStateFolder(await freshFolder());
    spawnSync('mkfifo', ['-m', '600', folder.file('key')]);
    await expect(privateKeyFile(folder, 'key', 32)).rejects.toEqual(refusal('state_folder_unsafe'));
    await expect(folder.read('key')).rejects.toThrow('it is no regular file');
  });

  it('refuses a key behind a symbolic link', async () => {
    const folder = await openStateFolder(await freshFolder());
    await privateKeyFile(folder, 'real.key', 32);
    await symlink(folder.file('real.key'), folder.file('store.key'));
    await expect(privateKeyFile(folder, 'store.key', 32)).rejects.toEqual(refusal('state_folder_unsafe'));
  });

  it.skipIf(!isRoot)('refuses a key of another user', async () => {
    const folder = await openStateFolder(await freshFolder());
    await privateKeyFile(folder, 'store.key', 32);
    await chown(folder.file('store.key'), 65534, 65534);
    await expect(privateKeyFile(folder, 'store.key', 32)).rejects.toEqual(refusal('state_folder_unsafe'));
  });

  it.each([
    ['an empty file', ''],
    ['a shorter key', Buffer.alloc(16).toString('base64url')],
    ['something else', 'not a key at all, but long enough to be one!'],
  ])('refuses %s, and leaves it as it is', async (_case, content) => {
    const folder = await openStateFolder(await freshFolder());
    await folder.writePrivate('store.key', content);
    const error: unknown = await privateKeyFile(folder, 'store.key', 32).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'state_folder_unsafe', place: folder.file('store.key') });
    expect(await folder.read('store.key')).toBe(content);
  });
});
