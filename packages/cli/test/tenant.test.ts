import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../src/program.ts';
import { aTenantFolder, type TenantFolder } from './a-tenant-folder.ts';
import { aTerminal } from './scripted-terminal.ts';

async function aSeededFolder(): Promise<TenantFolder> {
  const folder = await aTenantFolder();
  expect(await folder.run('seed', 'tenant.yaml')).toMatchObject({ code: 0 });
  return folder;
}

const database = (cwd: string): string => join(cwd, '.evertoken/tenant/tenant.db');

describe('evertoken tenant seed, import, export', { timeout: 60_000 }, () => {
  it('seeds an empty folder, says what it did, and does nothing the second time', async () => {
    const { run } = await aTenantFolder();
    const first = await run('seed', 'tenant.yaml');
    expect([first.code, first.out]).toEqual([
      0,
      [
        'created API https://api.example/',
        'created client worker',
        'created client grant worker → https://api.example/',
        'left out rules: the tenant has nothing of this kind',
        '3 changed, 0 were so already',
        '',
      ].join('\n'),
    ]);
    const again = await run('import', 'tenant.yaml', '--json');
    const { records, skipped } = JSON.parse(again.out) as { records: { outcome: string }[]; skipped: unknown[] };
    expect([records.map(({ outcome }) => outcome), skipped]).toEqual([
      ['unchanged', 'unchanged', 'unchanged'],
      [{ what: 'rules', why: 'the tenant has nothing of this kind' }],
    ]);
    expect((await run('import', 'tenant.yaml')).out).toMatch(/nothing changed, 3 were so already\n$/);
  });

  it('exports what was imported, secrets only when told, to a file of its own', async () => {
    const { cwd, run } = await aSeededFolder();
    const plain = await run('export');
    expect(plain.out).toMatch(/^resourceServers:\n {2}- name: Things\n {4}identifier: https:\/\/api\.example\/$/m);
    expect(plain.out).not.toMatch(/client_secret:/);
    const { code, out, err } = await run('export', 'out.yaml', '--secrets');
    expect([code, out, err]).toEqual([
      0,
      '',
      expect.stringMatching(/out\.yaml: 3 clients, 1 resourceServers, 3 clientGrants, 0 organizations; it holds secrets/),
    ]);
    expect(await readFile(join(cwd, 'out.yaml'), 'utf8')).toMatch(/client_secret: [\w-]{64}/);
    expect((await stat(join(cwd, 'out.yaml'))).mode & 0o077).toBe(0);
    expect((await run('export', 'out.yaml')).code).toBe(1);
    expect(JSON.parse((await run('export', '--json', '--identifiers')).out)).toMatchObject({
      clients: expect.arrayContaining([
        expect.objectContaining({ name: 'worker', client_id: expect.stringMatching(/^\w{32}$/) as string }),
      ]) as unknown,
    });
  });

  it('warns of an export that no import can take, as only ids would tell its clients apart', async () => {
    const { cwd, run } = await aSeededFolder();
    expect((await run('export')).err).toBe('');
    await writeFile(join(cwd, 'twins.yaml'), 'clients: [{ name: twin, client_id: one }, { name: twin, client_id: two }]');
    await run('import', 'twins.yaml');
    const warning = expect.stringMatching(/^! 2 clients are named twin: .*--identifiers\n$/m) as string;
    expect(await run('export')).toMatchObject({ code: 0, out: expect.stringMatching(/name: twin/) as string, err: warning });
    expect(await run('export', 'plain.yaml')).toMatchObject({ code: 0, out: '', err: warning });
    for (const option of ['--identifiers', '--secrets']) expect((await run('export', '--json', option)).err).toBe('');
    await run('export', 'twins-again.yaml', '--identifiers');
    const other = await aTenantFolder();
    expect(await other.run('seed', join(cwd, 'twins-again.yaml'))).toMatchObject({ code: 0 });
  });

  it('takes nothing of a document with a mistake, and names the place', async () => {
    const { cwd, run } = await aSeededFolder();
    await writeFile(join(cwd, 'bad.yaml'), 'clients:\n  - name: good\n  - name: bad\n    description: 5\n');
    const { code, err } = await run('import', 'bad.yaml');
    expect([code, err]).toEqual([1, expect.stringMatching(/client "bad", description[\s\S]*to mend:/)]);
    expect((await run('export')).out).not.toContain('good');
    expect(await run('import', 'none.yaml')).toMatchObject({ code: 2, err: expect.stringMatching(/ENOENT/) as string });
  });

  it('ends with code 2 for a file that is not there, and for a domain that is none', async () => {
    const { cwd, run } = await aTenantFolder();
    expect(await run('seed', 'none')).toMatchObject({ code: 2, err: expect.stringMatching(/ENOENT/) as string });
    const refused = { code: 2, out: '', err: expect.stringMatching(/This is no domain\n[\s\S]*b d\n[\s\S]*Give a host/) as string };
    await expect(stat(join(cwd, '.evertoken'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await run('seed', 'tenant.yaml', '--domain', 'b d')).toEqual(refused);
    await expect(stat(database(cwd))).rejects.toMatchObject({ code: 'ENOENT' });
    await run('seed', 'tenant.yaml');
    for (const command of [['import', 'tenant.yaml'], ['export'], ['keys'], ['doctor']]) {
      expect(await run(...command, '--domain', 'b d'), command[0]).toEqual(refused);
    }
    expect(await run('start', '--listen', 'foo')).toMatchObject({ code: 2, err: expect.stringMatching(/must begin with/) as string });
  });

  it('finds no tenant where there is none, and makes none', async () => {
    const { cwd, run } = await aTenantFolder();
    for (const command of [['export'], ['import', 'tenant.yaml'], ['keys'], ['backup', 'x.db'], ['doctor']]) {
      const { code, err } = await run(...command);
      expect([code, err], command[0]).toEqual([1, expect.stringMatching(/no tenant in this state folder[\s\S]*evertoken tenant start/)]);
    }
    expect(await readdir(cwd)).toEqual(['tenant.yaml']);
  });
});

describe('evertoken tenant keys', { timeout: 60_000 }, () => {
  const states = async (run: TenantFolder['run']): Promise<Record<string, string>> => {
    const keys = JSON.parse((await run('keys', 'list', '--json')).out) as { kid: string; state: string }[];
    return Object.fromEntries(keys.map(({ kid, state }) => [state, kid]));
  };

  it('lists, rotates and revokes', async () => {
    const { run } = await aSeededFolder();
    const before = await states(run);
    expect(Object.keys(before)).toEqual(['next', 'current']);
    expect((await run('keys')).out).toContain(before['current']);
    const { out } = await run('keys', 'rotate');
    expect(out).toMatch(new RegExp(`^${before['next']} signs now; \\S+ comes next`));
    const after = await states(run);
    expect(after).toMatchObject({ current: before['next'], previous: before['current'] });
    expect(await run('keys', 'revoke', after['current']!)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/Only a previous key/) as string,
    });
    expect(await run('keys', 'revoke', 'no-such-key')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/no such signing key\n.*no-such-key\n.*`evertoken tenant keys list`/) as string,
    });
    expect(await run('keys', 'revoke', after['previous']!)).toMatchObject({ code: 0 });
    expect(await states(run)).toMatchObject({ revoked: before['current'] });
  });

  it('says how it is called', async () => {
    const { run } = await aSeededFolder();
    for (const words of [['revoke'], ['list', 'x'], ['forge']]) expect((await run('keys', ...words)).code).toBe(2);
  });
});

describe('evertoken tenant backup, restore', { timeout: 60_000 }, () => {
  it('brings back what there was, and keeps what there is', async () => {
    const { cwd, run } = await aSeededFolder();
    expect(await run('backup', 'then.db')).toMatchObject({ code: 0, err: expect.stringMatching(/master\.key/) as string });
    await writeFile(join(cwd, 'more.yaml'), 'clients: [{ name: newer }]');
    await run('import', 'more.yaml');
    const { code, err } = await run('restore', 'then.db');
    expect([code, err]).toEqual([0, expect.stringMatching(/as it was then\n.*tenant-before-.*\.db/)]);
    const exported = (await run('export')).out;
    expect([exported.includes('worker'), exported.includes('newer')]).toEqual([true, false]);
    expect((await run('doctor')).code).toBe(0);
    expect(await run('backup', 'then.db')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^✖ Something is there already\n/) as string,
    });
  });

  it('restores one whose master key is in a file elsewhere', async () => {
    const { cwd, run } = await aTenantFolder();
    await writeFile(join(cwd, 'key'), Buffer.alloc(32, 7).toString('base64url'), { mode: 0o600 });
    const withKey = (...words: string[]) => run(...words, '--master-key-file', 'key');
    await withKey('seed', 'tenant.yaml');
    await withKey('backup', 'then.db');
    expect(await withKey('restore', 'then.db')).toMatchObject({ code: 0 });
    expect((await withKey('export')).out).toContain('worker');
    expect((await run('restore', 'then.db')).err).toMatch(/There is no master key\n.*\n.* --master-key-file/);
  });

  it('leaves a tenant in PostgreSQL to the tools of PostgreSQL', async () => {
    const { cwd } = await aTenantFolder();
    const terminal = aTerminal({ cwd, env: { EVERTOKEN_DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' } });
    expect([await runProgram(['tenant', 'restore', 'then.db'], terminal), terminal.printed.err]).toEqual([
      2,
      expect.stringMatching(/lives in PostgreSQL[\s\S]*EVERTOKEN_DATABASE_URL/),
    ]);
  });

  it('restores nothing that is no backup, or was sealed with another key, and changes nothing then', async () => {
    const { cwd, run } = await aSeededFolder();
    const other = await aSeededFolder();
    await other.run('backup', join(cwd, 'other.db'));
    await writeFile(join(cwd, 'noise.db'), 'no database '.repeat(1_000));
    await writeFile(join(cwd, 'empty.db'), '');
    const before = (await run('export')).out;
    expect(await run('restore', 'noise.db')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/cannot be restored[\s\S]*noise\.db/) as string,
    });
    expect(await run('restore', 'empty.db')).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /cannot be restored: it is no database of a tenant\n[\s\S]*empty\.db[\s\S]*evertoken tenant backup/,
      ) as string,
    });
    expect(await run('restore', 'other.db')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/cannot be restored[\s\S]*master/) as string,
    });
    expect(await run('restore', 'none.db')).toMatchObject({ code: 1, err: expect.stringMatching(/ENOENT/) as string });
    expect((await run('export')).out).toBe(before);
  });
});

describe('evertoken tenant doctor', { timeout: 60_000 }, () => {
  const checks = async (run: TenantFolder['run']): Promise<{ code: number; bad: string[]; steps: (string | undefined)[] }> => {
    const { code, out } = await run('doctor', '--json');
    const { ok, findings } = JSON.parse(out) as { ok: boolean; findings: Readonly<Record<string, string>>[] };
    const bad = findings.filter(({ level }) => level === 'problem');
    expect(ok).toBe(bad.length === 0);
    return { code, bad: bad.map(({ area, subject, what }) => `${area}: ${subject} ${what}`), steps: bad.map(({ step }) => step) };
  };

  it('finds a healthy tenant well', async () => {
    const { run } = await aSeededFolder();
    const { code, out } = await run('doctor');
    expect([code, out.match(/✔/g)?.length, out]).toEqual([0, 6, expect.not.stringContaining('✖')]);
    expect(out).toMatch(/^✔ database SQLite \S+ {2}is sound: .*4 applications/);
  });

  it('finds a grant with scopes that the API does not have, and says what mends it', async () => {
    const { cwd, run } = await aSeededFolder();
    await writeFile(
      join(cwd, 'more.yaml'),
      'clientGrants: [{ client_id: worker, audience: "https://api.example/", scope: ["fly:things"] }]',
    );
    await run('import', 'more.yaml');
    expect(await checks(run)).toEqual({
      code: 1,
      bad: ['records: grant of worker on https://api.example/ names scopes that the API does not have: fly:things'],
      steps: ['Add them to the API, or take them out of the grant.'],
    });
  });

  it('finds another master key, a lost one, a damaged file', async () => {
    const { cwd, run } = await aSeededFolder();
    const key = join(cwd, '.evertoken/tenant/master.key');
    const right = await readFile(key, 'utf8');
    await writeFile(key, Buffer.alloc(32, 7).toString('base64url'), { mode: 0o600 });
    expect(await checks(run)).toMatchObject({ code: 1, bad: [expect.stringMatching(/^secrets: /)] });
    await rm(key);
    expect((await checks(run)).bad).toEqual([expect.stringMatching(/^secrets: /)]);
    await writeFile(key, right, { mode: 0o600 });
    expect((await checks(run)).code).toBe(0);

    const noKey = JSON.parse((await run('doctor', '--json', '--master-key-file', 'tenant.yaml')).out) as { findings: { area: string }[] };
    expect(noKey.findings.map(({ area }) => area)).toEqual(['secrets']);

    // A file of its own: libsql ends the connections to the former one when the garbage collector finds them, and writes to it then.
    for (const end of ['-wal', '']) await rm(`${database(cwd)}${end}`, { force: true });
    await writeFile(database(cwd), Buffer.alloc(8192, 'no database '));
    expect(await checks(run)).toMatchObject({ code: 1, bad: [expect.stringMatching(/^database: /)] });
  });
});
