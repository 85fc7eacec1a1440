import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStateFolder } from '@evertoken/service';
import Database from 'libsql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { examineTenant, openTenantOperations, restoreBackup, startTenant, type TenantOperations } from '../src/index.ts';
import { recordingLog, runningTenant, stateWith, temporaryFolder } from './running-tenant.ts';

const nowMs = 1_790_000_000_000;

async function operations(path: string): Promise<TenantOperations> {
  const opened = await openTenantOperations({ folder: await openStateFolder(path), now: () => nowMs });
  onTestFinished(() => opened.close());
  return opened;
}

/** Changes the database behind the tenant's back. */
function tamper(path: string, statement: string): void {
  const connection = new Database(join(path, 'tenant', 'tenant.db'));
  connection.exec(statement);
  connection.close();
}

/** Opens the other end of a pipe for a moment, so that whoever opens it to read waits no more. */
async function letGo(pipe: string): Promise<void> {
  await (await open(pipe, constants.O_RDWR | constants.O_NONBLOCK)).close();
}

/** What an examination finds wrong. */
async function wrongIn(path: string): Promise<string[]> {
  const findings = await examineTenant({ folder: await openStateFolder(path), now: () => nowMs });
  for (const { level, step } of findings) expect(level === 'ok' || (step?.length ?? 0) > 10).toBe(true);
  return findings.filter(({ level }) => level !== 'ok').map(({ area, subject, what }) => `${area}: ${subject} ${what}`);
}

describe('an examination of a tenant', () => {
  it('finds nothing wrong with a healthy one, whether it runs or not', async () => {
    const path = await stateWith();
    expect(await wrongIn(path)).toEqual([]);
    await runningTenant({ path });
    expect(await wrongIn(path)).toEqual([]);
  });

  it.each([
    ["update signing_keys set state = 'previous' where state = 'current'", /^keys: current key is not there/],
    ["update signing_keys set state = 'previous' where state = 'next'", /^keys: next key is not there/],
    ["update signing_keys set current_since = 4000000000000 where state = 'current'", /^clock: .*2096-10-02/],
    ["insert into kysely_migration values ('9999-from-the-future', '2099-01-01')", /^database: .*later/],
    [
      'insert into settings values (\'tenant_settings\', \'{"default_audience":"urn:gone"}\')',
      /^records: default audience is urn:gone, which is no API/,
    ],
    ['pragma foreign_keys = off; delete from resource_servers', /^(?:database|records): /],
  ])('after %j tells what is wrong', async (statement, finding) => {
    const path = await stateWith();
    tamper(path, statement);
    expect(await wrongIn(path)).toContainEqual(expect.stringMatching(finding));
  });

  it('tells of a master key that is another, and of a file that is no database', async () => {
    const path = await stateWith();
    const key = join(path, 'tenant', 'master.key');
    const right = await readFile(key);
    await writeFile(key, Buffer.alloc(32, 7).toString('base64url'), { mode: 0o600 });
    expect(await wrongIn(path)).toEqual([expect.stringMatching(/^secrets: /)]);
    await writeFile(key, right, { mode: 0o600 });
    expect(await wrongIn(path)).toEqual([]);
    await writeFile(join(path, 'tenant', 'tenant.db-wal'), '');
    await writeFile(join(path, 'tenant', 'tenant.db'), Buffer.alloc(8192, 'no database '));
    expect(await wrongIn(path)).toEqual([expect.stringMatching(/^database: /)]);
  });
});

describe('operations on a tenant', () => {
  it('reach one that runs: its keys rotate live, and tokens of before stay good until their key is revoked', async () => {
    const tenant = await runningTenant();
    const published = async (): Promise<string[]> => {
      const { keys } = (await (await fetch(`${tenant.url}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] };
      return keys.map(({ kid }) => kid);
    };
    const operator = await operations(tenant.path);
    const token = await tenant.token();
    const before = await published();
    const { current, next } = await operator.rotateKeys();
    expect(before).toContain(current);
    await expect.poll(published).toContain(next);
    expect((await tenant.api('/clients', { token })).status).toBe(200);
    const [former] = (await operator.keys()).filter(({ state }) => state === 'previous');
    await operator.revokeKey(former!.kid);
    await expect.poll(async () => (await tenant.api('/clients', { token })).status).toBe(401);
    await expect.poll(async () => (await tenant.api('/clients')).status).toBe(200);
  });

  it('know the domain that the tenant had when it ran last', async () => {
    const first = await runningTenant({ domain: 'id.example:8443' });
    await first.close();
    const { clientGrants } = await (await operations(first.path)).exportDocument({});
    const audience = 'https://id.example:8443/api/v2/';
    expect(clientGrants).toMatchObject([
      { audience, scope: expect.any(Array) as unknown },
      { audience, is_system: true },
    ]);
  });

  it('keep the three keys that were revoked last', async () => {
    const operator = await operations(await stateWith());
    for (let count = 0; count < 6; count += 1) await operator.rotateKeys();
    const keys = await operator.keys();
    expect(keys.map(({ state }) => state)).toEqual(['next', 'current', 'previous', 'revoked', 'revoked', 'revoked']);
    for (const { fingerprint } of keys) expect(fingerprint).toMatch(/^(?:[0-9A-F]{2}:){19}[0-9A-F]{2}$/);
  });

  it.each(['b d', 'https://id.example', 'ID.example', 'id.example:443', ''])('refuse the domain %j, and make nothing', async (domain) => {
    const path = await temporaryFolder();
    const folder = await openStateFolder(path);
    await expect(openTenantOperations({ folder, domain, mayCreate: true })).rejects.toMatchObject({
      code: 'domain_invalid',
      place: domain,
    });
    await expect(examineTenant({ folder, domain })).rejects.toMatchObject({ code: 'domain_invalid' });
    expect(await readdir(path)).not.toContain('tenant');
  });

  it('make no tenant unless told to', async () => {
    const folder = await openStateFolder(await temporaryFolder());
    await expect(openTenantOperations({ folder })).rejects.toMatchObject({ code: 'tenant_missing' });
    await expect(examineTenant({ folder })).rejects.toMatchObject({ code: 'tenant_missing' });
  });
});

describe('a state folder', () => {
  it('is one tenant’s: a second one is refused, and takes over when the first has ended', async () => {
    const first = await runningTenant();
    const second = {
      folder: await openStateFolder(first.path),
      listen: { kind: 'http', host: '127.0.0.1', port: 0 } as const,
      certificate: () => Promise.reject(new Error('no https in this test')),
      log: recordingLog().log,
    };
    await expect(startTenant(second)).rejects.toMatchObject({ code: 'tenant_running', place: join(first.path, 'tenant') });
    expect((await first.api('/clients')).status).toBe(200);
    await first.close();
    const tenant = await startTenant(second);
    await tenant.close();
  });
});

describe('a backup', () => {
  it('of a tenant that runs is whole, and brings it back when it has ended', async () => {
    const tenant = await runningTenant();
    const folder = await openStateFolder(tenant.path);
    const file = join(await temporaryFolder(), 'backup.db');
    const operator = await operations(tenant.path);
    await operator.backup(file);
    await expect(operator.backup(file)).rejects.toMatchObject({ code: 'backup_unwritable' });
    const headers = { 'content-type': 'application/json' };
    expect((await tenant.api('/clients', { method: 'POST', headers, body: '{"name":"Later"}' })).status).toBe(201);
    await expect(restoreBackup({ folder }, file, nowMs)).rejects.toMatchObject({ code: 'tenant_running' });
    await operator.close();
    await tenant.close();
    const [kept] = await restoreBackup({ folder }, file, nowMs);
    expect(kept).toBe(join(tenant.path, 'tenant', 'tenant-before-2026-09-21T14-13-20-000Z.db'));
    const again = await runningTenant({ path: tenant.path });
    const clients = (await (await again.api('/clients')).json()) as { name: string }[];
    expect(clients.map(({ name }) => name)).not.toContain('Later');
    expect(again.application).toMatchObject({ clientId: tenant.application.clientId });
  });

  it('of a tenant whose master key is given is restored with that key, and with no other', async () => {
    const path = await temporaryFolder();
    const folder = await openStateFolder(path);
    const masterKey = { kind: 'value', base64url: randomBytes(32).toString('base64url') } as const;
    const store = { kind: 'sqlite', masterKey } as const;
    const operator = await openTenantOperations({ folder, store, mayCreate: true, now: () => nowMs });
    const file = join(await temporaryFolder(), 'backup.db');
    await operator.backup(file);
    await operator.close();
    const other = { kind: 'value', base64url: randomBytes(32).toString('base64url') } as const;
    await expect(restoreBackup({ folder, masterKey: other }, file, nowMs)).rejects.toMatchObject({ code: 'backup_unusable', place: file });
    expect(await restoreBackup({ folder, masterKey }, file, nowMs)).toContainEqual(expect.stringContaining('tenant-before-'));
    const findings = await examineTenant({ folder, store, now: () => nowMs });
    expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
  });

  it('is restored by one at a time', async () => {
    const path = await stateWith();
    const folder = await openStateFolder(path);
    const file = join(await temporaryFolder(), 'backup.db');
    await (await operations(path)).backup(file);
    // Who reads a pipe is at work until somebody has opened the other end.
    const pipe = join(await temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    const slow = restoreBackup({ folder }, pipe, nowMs).catch((error: unknown) => error);
    onTestFinished(() => letGo(pipe));
    await expect.poll(() => readdir(join(path, 'tenant', 'restored')).catch(() => [])).toContain('tenant');
    await expect(restoreBackup({ folder }, file, nowMs)).rejects.toMatchObject({ code: 'tenant_running' });
    await letGo(pipe);
    expect(await slow).toMatchObject({ code: 'backup_unusable', place: pipe });
    expect(await restoreBackup({ folder }, file, nowMs)).toContainEqual(expect.stringContaining('tenant-before-'));
  });

  it('that cannot be written leaves no file behind', async () => {
    const operator = await operations(await stateWith());
    const file = join(await temporaryFolder(), 'backup.db');
    await operator.close();
    await expect(operator.backup(file)).rejects.toMatchObject({ code: 'backup_unwritable' });
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('that another key sealed, or that is none, is not restored', async () => {
    const [path, other] = [await stateWith(), await stateWith()];
    await writeFile(join(other, 'tenant', 'master.key'), Buffer.alloc(32, 7).toString('base64url'), { mode: 0o600 });
    const folder = await openStateFolder(other);
    const file = join(await temporaryFolder(), 'backup.db');
    await (await operations(path)).backup(file);
    const before = await readFile(join(other, 'tenant', 'tenant.db'));
    await expect(restoreBackup({ folder }, file, nowMs)).rejects.toMatchObject({ code: 'backup_unusable', place: file });
    await writeFile(join(other, 'noise.db'), 'no database '.repeat(1_000));
    await expect(restoreBackup({ folder }, join(other, 'noise.db'), nowMs)).rejects.toMatchObject({ code: 'backup_unusable' });
    await expect(restoreBackup({ folder }, join(other, 'none.db'), nowMs)).rejects.toMatchObject({ code: 'backup_unusable' });
    expect((await readFile(join(other, 'tenant', 'tenant.db'))).equals(before)).toBe(true);
  });

  it.each([
    ['an empty file', ''],
    ['a database of another program', 'create table notes (text)'],
    [
      'a database of another program that migrates in the same way',
      "create table kysely_migration (name); insert into kysely_migration values ('0001-first')",
    ],
    [
      'a tenant without a key to sign with',
      "create table kysely_migration (name); insert into kysely_migration values ('0001-first'); create table signing_keys (kid)",
    ],
  ])('is not %s, which would be taken for an empty tenant', async (_what, statements) => {
    const path = await stateWith();
    const folder = await openStateFolder(path);
    const file = join(await temporaryFolder(), 'foreign.db');
    await writeFile(file, '');
    if (statements !== '') {
      const connection = new Database(file);
      connection.exec(statements);
      connection.close();
    }
    const [before, given] = [await readFile(join(path, 'tenant', 'tenant.db')), await readFile(file)];
    await expect(restoreBackup({ folder }, file, nowMs)).rejects.toMatchObject({
      code: 'backup_unusable',
      problem: 'This backup cannot be restored: it is no database of a tenant',
      place: file,
    });
    expect((await readFile(join(path, 'tenant', 'tenant.db'))).equals(before)).toBe(true);
    expect((await readFile(file)).equals(given)).toBe(true);
    expect((await readdir(join(path, 'tenant'))).filter((name) => /before|restored/.test(name))).toEqual([]);
    expect(await wrongIn(path)).toEqual([]);
  });
});
