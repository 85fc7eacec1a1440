import { mkdtemp, readdir, readFile, rename, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RotatingFile } from './rotating-file.ts';

let folder: string;
let path: string;
let file: RotatingFile | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evertoken-audit-'));
  path = join(folder, 'audit.jsonl');
  file = undefined;
});
afterEach(async () => {
  await file?.close();
  await rm(folder, { recursive: true });
});

async function open(options: { maxBytes?: number; keep?: number } = {}): Promise<RotatingFile> {
  file = await RotatingFile.open({ path, maxBytes: 20, keep: 2, ...options });
  return file;
}

describe('the audit file', () => {
  it('is for its owner alone, and goes on where it ended', async () => {
    await (await open()).append('one\n');
    await file?.close();
    await (await open()).append('two\n');
    expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('is set aside before it would be too long, and so many stay', async () => {
    const own = await open();
    for (let number = 1; number <= 9; number += 1) await own.append(`line ${number} …\n`);
    expect((await readdir(folder)).sort()).toEqual(['audit.jsonl', 'audit.jsonl.1', 'audit.jsonl.2']);
    const texts = await Promise.all([`${path}.2`, `${path}.1`, path].map((name) => readFile(name, 'utf8')));
    // No line is cut, and the youngest are all there.
    expect(texts.join('')).toMatch(/^(?:line \d …\n)+line 9 …\n$/);
    for (const text of texts) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(22);
  });

  it('may be the only one that stays', async () => {
    const own = await open({ keep: 0 });
    for (let number = 1; number <= 9; number += 1) await own.append(`line ${number}\n`);
    expect(await readdir(folder)).toEqual(['audit.jsonl']);
    expect(await readFile(path, 'utf8')).toMatch(/line 9\n$/);
  });

  it('takes a batch longer than a file whole', async () => {
    await (await open()).append('x'.repeat(100));
    expect((await stat(path)).size).toBe(100);
  });

  it('begins a new line behind one that a killed process left half', async () => {
    await writeFile(path, '{"half":', { mode: 0o600 });
    await (await open({ maxBytes: 1_000 })).append('{"whole":1}\n');
    expect(await readFile(path, 'utf8')).toBe('{"half":\n{"whole":1}\n');
  });

  it('is made anew where another program has set it aside or removed it', async () => {
    const own = await open({ maxBytes: 1_000 });
    await own.append('one\n');
    await rename(path, `${path}.old`);
    await own.append('two\n');
    await unlink(path);
    await own.append('three\n');
    expect([await readFile(`${path}.old`, 'utf8'), await readFile(path, 'utf8')]).toEqual(['one\n', 'three\n']);
  });

  it('is not set aside once more where another program has just done that', async () => {
    const own = await open();
    await own.append('a line of its 19 …\n');
    await rename(path, `${path}.1`);
    await own.append('another line\n');
    expect((await readdir(folder)).sort()).toEqual(['audit.jsonl', 'audit.jsonl.1']);
    expect(await readFile(path, 'utf8')).toBe('another line\n');
  });

  it('loses nothing that was set aside while it cannot be opened, however often that is tried', async () => {
    await writeFile(`${path}.1`, 'younger\n');
    await writeFile(`${path}.2`, 'older\n');
    const own = await open();
    await own.append('a line of its 19 …\n');
    await unlink(path);
    await symlink('elsewhere', path);
    for (let count = 1; count <= 4; count += 1) await expect(own.append('lost\n')).rejects.toMatchObject({ code: 'ELOOP' });
    await unlink(path);
    await own.append('again\n');
    const texts = await Promise.all([`${path}.2`, `${path}.1`, path].map((name) => readFile(name, 'utf8')));
    expect(texts).toEqual(['older\n', 'younger\n', 'again\n']);
  });

  it.each([0, 2])('goes on where somebody removed it when it was full and %i stay', async (keep) => {
    const own = await open({ keep });
    await own.append('a line of its 19 …\n');
    await unlink(path);
    await own.append('next\n');
    await own.append('and the next\n');
    expect([await readdir(folder), await readFile(path, 'utf8')]).toEqual([['audit.jsonl'], 'next\nand the next\n']);
  });

  it('is no link and nothing but a file, and says so at the start', async () => {
    await writeFile(join(folder, 'elsewhere'), '');
    await symlink('elsewhere', path);
    await expect(open()).rejects.toMatchObject({ code: 'audit_unusable' });
    expect(await readFile(join(folder, 'elsewhere'), 'utf8')).toBe('');
    path = folder;
    await expect(open()).rejects.toMatchObject({ code: 'audit_unusable', step: expect.stringContaining('audit.file') as string });
    path = join(folder, 'none', 'audit.jsonl');
    await expect(open()).rejects.toThrow('ENOENT');
  });

  it('follows no link that is put in its place later', async () => {
    const own = await open({ maxBytes: 1_000 });
    await own.append('one\n');
    await unlink(path);
    await writeFile(join(folder, 'elsewhere'), '');
    await symlink('elsewhere', path);
    await expect(own.append('two\n')).rejects.toMatchObject({ code: 'ELOOP' });
    await unlink(path);
    await own.append('two\n');
    expect([await readFile(path, 'utf8'), await readFile(join(folder, 'elsewhere'), 'utf8')]).toEqual(['two\n', '']);
  });
});
