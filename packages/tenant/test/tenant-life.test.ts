import { execFileSync } from 'node:child_process';
import { rm, stat } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import { openLocalCa, openStateFolder } from '@evertoken/service';
import { decodeJwt } from 'jose';
import Database from 'libsql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startTenant, type TenantOptions } from '../src/index.ts';
import { filesOf, recordingLog, runningTenant, stateWith, temporaryFolder } from './running-tenant.ts';

async function options(path: string): Promise<TenantOptions> {
  return {
    folder: await openStateFolder(path),
    listen: { kind: 'http', host: '127.0.0.1', port: 0 },
    certificate: () => Promise.reject(new Error('no https in this test')),
    log: recordingLog().log,
  };
}

const getJson = (url: string, ca?: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    get(url, { ca, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve(JSON.parse(text)));
    }).on('error', reject);
  });

describe('a tenant', () => {
  it('listens on https localhost and is named after the port that it got', async () => {
    const folder = await openStateFolder(await stateWith());
    const ca = await openLocalCa(folder);
    const tenant = await startTenant({
      folder,
      listen: { kind: 'https', host: 'localhost', port: 0 },
      certificate: (hosts) => ca.serverCertificate(hosts),
      log: recordingLog().log,
    });
    onTestFinished(() => tenant.close());
    expect(tenant.url).toBe(`https://${tenant.domain}`);
    expect(tenant.domain).toMatch(/^localhost:\d+$/);
    expect(tenant.application.audience).toBe(`https://${tenant.domain}/api/v2/`);
    expect(await getJson(`${tenant.url}/.well-known/openid-configuration`, ca.certificatePem)).toMatchObject({ issuer: `${tenant.url}/` });
    await expect(getJson(tenant.url)).rejects.toThrow();
  });

  it('changes nothing at a second start', async () => {
    const first = await runningTenant({ path: await temporaryFolder() });
    // The first start makes the next key when it stands.
    await expect.poll(async () => ((await getKeys(first.url)) as { keys: unknown[] }).keys.length).toBe(2);
    const before = {
      application: first.application.clientId,
      keys: await getKeys(first.url),
      clients: await (await first.api('/clients')).json(),
    };
    await first.close();
    const second = await runningTenant({ path: first.path });
    expect(second.application.clientSecret).toBe(first.application.clientSecret);
    expect({
      application: second.application.clientId,
      keys: await getKeys(second.url),
      clients: await (await second.api('/clients')).json(),
    }).toEqual(before);
  });

  it('keeps its grants valid when its domain changes, and takes no audience of the former one', async () => {
    const first = await runningTenant({ domain: 'one.example:8443' });
    await first.close();
    const second = await runningTenant({ path: first.path, domain: 'two.example' });
    expect(second.application.audience).toBe('https://two.example/api/v2/');
    expect(decodeJwt(await second.token())).toMatchObject({ iss: 'https://two.example/', aud: 'https://two.example/api/v2/' });
    expect(await (await second.api('/client-grants')).json()).toMatchObject([{ audience: 'https://two.example/api/v2/' }]);
    const { clientId: client_id, clientSecret: client_secret } = second.application;
    const former = { grant_type: 'client_credentials', client_id, client_secret, audience: first.application.audience };
    expect((await second.ask(former)).status).toBe(403);
  });

  it('gives tokens the lifetime it was started with, also at later starts', async () => {
    const first = await runningTenant({ tokenLifetimeSeconds: 10 });
    const { iat, exp } = decodeJwt(await first.token());
    expect(exp! - iat!).toBe(10);
    await first.close();
    const second = await runningTenant({ path: first.path });
    const claims = decodeJwt(await second.token());
    expect(claims.exp! - claims.iat!).toBe(10);
    expect(await (await second.api('/resource-servers')).json()).toMatchObject([
      // What a browser's token lives is never longer.
      { token_lifetime: 10, token_lifetime_for_web: 10 },
    ]);
  });

  it('has on its disk every client that it acknowledged, whenever it is killed', async () => {
    const tenant = await runningTenant();
    const headers = { 'content-type': 'application/json' };
    const created = await tenant.api('/clients', { method: 'POST', headers, body: JSON.stringify({ name: 'Lasting' }) });
    expect(created.status).toBe(201);
    const { client_id, client_secret } = (await created.json()) as Record<string, string>;
    // What a kill leaves: the files as they are now, nothing closed.
    const survivor = await runningTenant({ path: await stateWith(filesOf(tenant.path)) });
    expect(await (await survivor.api(`/clients/${client_id}`)).json()).toMatchObject({ name: 'Lasting' });
    const answer = await survivor.ask({
      grant_type: 'client_credentials',
      client_id: client_id!,
      client_secret: client_secret!,
      audience: survivor.application.audience,
    });
    // Known and authenticated; only the grant is missing.
    expect(await answer.json()).toMatchObject({ error_description: expect.stringMatching(/client-grant/) as string });
  });

  it('keeps its state private and no secret of it readable', async () => {
    const tenant = await runningTenant({ path: await temporaryFolder() });
    await tenant.token();
    const files = filesOf(tenant.path);
    for (const [name, content] of files) {
      expect((await stat(join(tenant.path, 'tenant', name))).mode & 0o077).toBe(0);
      expect(content.includes(tenant.application.clientSecret)).toBe(false);
      expect(content.includes('PRIVATE KEY')).toBe(false);
    }
    expect([...files.keys()]).toContain('master.key');
    const [header = ''] = (await tenant.token()).split('.');
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
    // The twin: what is not secret is found in the same bytes.
    expect([...files.values()].some((content) => content.includes(kid))).toBe(true);
  });

  it('tells of a certificate that cannot be renewed, and goes on with the one it has', async () => {
    const folder = await openStateFolder(await stateWith());
    const ca = await openLocalCa(folder);
    const { log, lines } = recordingLog();
    let asked = 0;
    const tenant = await startTenant({
      folder,
      listen: { kind: 'https', host: 'localhost', port: 0 },
      certificate: (hosts) => {
        asked += 1;
        return asked === 1 ? ca.serverCertificate(hosts) : Promise.reject(new Error('the disk is gone'));
      },
      renewCertificateMs: 5,
      log,
    });
    onTestFinished(() => tenant.close());
    await expect
      .poll(() => lines)
      .toContainEqual(
        expect.objectContaining({
          event: 'listener.failed',
          level: 'error',
          listener: tenant.url,
          err: expect.objectContaining({ message: 'the disk is gone' }) as unknown,
        }),
      );
    expect(await getJson(`${tenant.url}/.well-known/openid-configuration`, ca.certificatePem)).toMatchObject({ issuer: `${tenant.url}/` });
  });

  it('closes once, and frees its port', async () => {
    const tenant = await runningTenant();
    await Promise.all([tenant.close(), tenant.close()]);
    await expect(fetch(tenant.url)).rejects.toThrow();
  });
});

describe('a tenant does not start', () => {
  it('on a database of a later release', async () => {
    const path = await stateWith();
    const database = new Database(join(path, 'tenant', 'tenant.db'));
    database.exec("insert into kysely_migration values ('9999-from-the-future', '2099-01-01')");
    database.close();
    await expect(startTenant(await options(path))).rejects.toMatchObject({
      code: 'schema_too_new',
      message: expect.stringMatching(/9999-from-the-future.*Start that release/s) as string,
    });
  });

  it('with another master key', async () => {
    const files = filesOf(await stateWith());
    files.set('master.key', Buffer.from(Buffer.alloc(32, 7).toString('base64url')));
    await expect(startTenant(await options(await stateWith(files)))).rejects.toMatchObject({ code: 'sealed_unreadable' });
  });

  it('on a file that is no database', async () => {
    const files = filesOf(await stateWith());
    files.delete('tenant.db-wal');
    files.set('tenant.db', Buffer.alloc(8192, 'no database '));
    const path = await stateWith(files);
    await expect(startTenant(await options(path))).rejects.toMatchObject({
      code: 'store_unusable',
      place: join(path, 'tenant', 'tenant.db'),
    });
  });

  it('without the application of its first start', async () => {
    const path = await stateWith();
    const database = new Database(join(path, 'tenant', 'tenant.db'));
    database.exec("delete from applications where properties like '%Evertoken Agent%'");
    database.close();
    await expect(startTenant(await options(path))).rejects.toMatchObject({ code: 'state_damaged' });
  });

  it('on a taken port, and leaves nothing open', async () => {
    const running = await runningTenant();
    const port = Number(new URL(running.url).port);
    const path = await stateWith();
    await expect(startTenant({ ...(await options(path)), listen: { kind: 'http', host: '127.0.0.1', port } })).rejects.toMatchObject({
      code: 'port_taken',
    });
    expect((await runningTenant({ path })).domain).not.toBe(running.domain);
  });

  it('without its pages, and leaves nothing open that stood already', async () => {
    const path = await stateWith();
    const pages = { folder: join(path, 'none'), command: 'evertoken tenant open' };
    await expect(startTenant({ ...(await options(path)), pages })).rejects.toMatchObject({ code: 'pages_missing' });
    const tenant = await runningTenant({ path });
    expect(await tenant.token()).toMatch(/^eyJ/);
  });

  it('on a pipe in the place of its database or of its master key, and does not wait for it', async () => {
    const path = await stateWith();
    const [database, key] = [join(path, 'tenant', 'tenant.db'), join(path, 'pipe')];
    execFileSync('mkfifo', [key]);
    const masterKey = { kind: 'file', path: key } as const;
    await expect(startTenant({ ...(await options(path)), store: { kind: 'sqlite', masterKey } })).rejects.toMatchObject({
      code: 'master_key_invalid',
      problem: 'The file of the master key cannot be read (it is no regular file)',
    });
    await rm(database);
    execFileSync('mkfifo', [database]);
    await expect(startTenant(await options(path))).rejects.toMatchObject({ code: 'store_unusable', place: database });
  });

  it('with options that make no sense', async () => {
    const base = await options(await temporaryFolder());
    for (const tokenLifetimeSeconds of [0, -1, 1.5, Number.NaN, 2_592_001]) {
      await expect(startTenant({ ...base, tokenLifetimeSeconds })).rejects.toMatchObject({ code: 'token_lifetime_invalid' });
    }
    for (const domain of [
      '',
      'https://a.example',
      'a.example/',
      'a b',
      'user@a.example',
      'a.example?x',
      'A.example',
      'a.example#',
      'a.example:443',
      'https://a:443',
    ]) {
      await expect(startTenant({ ...base, domain })).rejects.toMatchObject({ code: 'domain_invalid' });
    }
    const socket = { kind: 'unix', path: '/nowhere/tenant.sock', mode: 0o600 } as const;
    await expect(startTenant({ ...base, listen: socket })).rejects.toMatchObject({
      code: 'domain_missing',
      step: expect.stringMatching(/ --domain/) as string,
    });
  });
});

async function getKeys(url: string): Promise<unknown> {
  return await (await fetch(`${url}/.well-known/jwks.json`)).json();
}
