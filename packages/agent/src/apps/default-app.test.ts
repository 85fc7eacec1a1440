import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStateFolder, type StateFolder } from '@evertoken/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Of } from '../sha256.ts';
import { newAppKey } from './app-key.ts';
import { openDefaultApp } from './default-app.ts';

let home: string;
let folder: StateFolder;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'evertoken-app-'));
  folder = await openStateFolder(join(home, 'state'));
});
afterEach(() => rm(home, { recursive: true }));

describe('the default app', () => {
  it('has one key, however many agents start together, and leaves nothing else behind', async () => {
    const opened = await Promise.all(Array.from({ length: 20 }, () => openDefaultApp(folder, 'default')));
    const key = await readFile(folder.file('app.key'), 'utf8');
    for (const { app } of opened) expect(app.keys).toEqual([{ hash: sha256Of(key).toString('hex'), notAfter: undefined }]);
    expect((await readdir(folder.path)).sort()).toEqual(['.gitignore', 'app.key']);
  });

  it('follows no link to its key', async () => {
    await writeFile(join(home, 'elsewhere'), newAppKey().key, { mode: 0o600 });
    await symlink(join(home, 'elsewhere'), folder.file('app.key'));
    await expect(openDefaultApp(folder, 'default')).rejects.toMatchObject({ code: 'app_key_unsafe' });
  });

  it('reads one token and calls the Management API with it', async () => {
    const { app } = await openDefaultApp(folder, 'default');
    expect(app).toMatchObject({ name: 'local', tokens: ['default'] });
    expect([...app.proxy].map(([token, rules]) => [token, rules.map((rule) => rule.text)])).toEqual([['default', ['ANY /api/v2/**']]]);
  });
});
