import { randomBytes } from 'node:crypto';
import { openStateFolder } from '@evertoken/service';
import { hasPostgres, type PrivatePostgres, startPrivatePostgres } from '@evertoken/testkit';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examineTenant, openTenantOperations, type TenantOptions, type TenantPlace } from '../src/index.ts';
import { goodRequest, type RunningTenant, runningTenant, temporaryFolder } from './running-tenant.ts';

const isMissing = !hasPostgres();
if (isMissing) console.warn('SKIPPED: the tests of several nodes: PostgreSQL is not installed here.');

const domain = 'id.example';
const masterKey = { kind: 'value', base64url: randomBytes(32).toString('base64url') } as const;

describe.skipIf(isMissing)('two nodes of one tenant on PostgreSQL', { timeout: 60_000 }, () => {
  let postgres: PrivatePostgres;
  beforeAll(async () => {
    postgres = await startPrivatePostgres();
  }, 120_000);
  afterAll(() => postgres.stop());

  async function twoNodes(options: Partial<TenantOptions> = {}): Promise<{ one: RunningTenant; other: RunningTenant; store: TenantPlace }> {
    const store: TenantPlace = { kind: 'postgres', url: await postgres.newDatabase(), masterKey };
    const start = async (): Promise<RunningTenant> => await runningTenant({ ...options, path: await temporaryFolder(), store, domain });
    const [one, other] = await Promise.all([start(), start()]);
    return { one, other, store };
  }

  it('are one issuer: what one makes, the other grants', async () => {
    const { one, other } = await twoNodes();
    expect(other.application).toEqual(one.application);
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ name: 'Made there', grant_types: ['client_credentials'] });
    const made = (await (await one.api('/clients', { method: 'POST', headers, body })).json()) as Record<string, string>;
    const request = { ...goodRequest(other), client_id: made['client_id']!, client_secret: made['client_secret']! };
    // Known there too; only the grant is missing.
    await expect.poll(async () => (await other.ask(request)).status).toBe(403);
    expect((await other.api('/clients', { token: await one.token() })).status).toBe(200);
  });

  it('take up a rotation of the keys by their operator, at one as at the other', async () => {
    const { one, other, store } = await twoNodes();
    const operations = await openTenantOperations({ folder: await openStateFolder(await temporaryFolder()), store });
    const before = await one.token();
    const { current } = await operations.rotateKeys();
    await operations.close();
    for (const node of [one, other]) {
      // A node hears of it within a second.
      await expect.poll(async () => decodeProtectedHeader(await node.token()).kid).toBe(current);
      expect((await node.api('/clients', { token: before })).status).toBe(200);
    }
    expect((await examineTenant({ folder: await openStateFolder(one.path), store })).filter(({ level }) => level !== 'ok')).toEqual([]);
  });

  it('have one domain: one that is told none takes it, and one that is told another does not start', async () => {
    const { one, store } = await twoNodes();
    const options = { store, path: await temporaryFolder() };
    expect((await runningTenant(options)).domain).toBe(domain);
    await expect(runningTenant({ ...options, path: await temporaryFolder(), domain: 'other.example' })).rejects.toMatchObject({
      code: 'domain_invalid',
      problem: `The nodes of this tenant are known by ${domain}, and this one would sign its tokens as other.example`,
      step: expect.stringContaining(`--domain ${domain}`) as string,
    });
    expect(decodeJwt(await one.token()).iss).toBe(`https://${domain}/`);
    const folder = await openStateFolder(await temporaryFolder());
    const wrong = (await examineTenant({ folder, store, domain: 'other.example' })).filter(({ area }) => area === 'domain');
    expect(wrong).toEqual([
      expect.objectContaining({
        level: 'problem',
        subject: 'other.example',
        what: `is not the issuer that tokens name: that is ${domain}`,
      }),
    ]);

    const moved = await runningTenant({ ...options, path: await temporaryFolder(), domain: 'other.example', changesDomain: true });
    expect(decodeJwt(await moved.token()).iss).toBe('https://other.example/');
    expect((await runningTenant({ ...options, path: await temporaryFolder() })).domain).toBe('other.example');
  });

  it('that start first together, each with a domain of its own, are not two issuers', async () => {
    const store: TenantPlace = { kind: 'postgres', url: await postgres.newDatabase(), masterKey };
    const start = async (name: string) => await runningTenant({ path: await temporaryFolder(), store, domain: name });
    const started = await Promise.allSettled([start('a.example'), start('b.example')]);
    expect(started.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(started.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'domain_invalid' } });
  });

  it('give each entry of the logs once by checkpoint, also one that is written after a later one of another node', async () => {
    const document = { clientGrants: [{ client_id: 'Evertoken Agent', audience: `https://${domain}/api/v2/`, scope: ['read:logs'] }] };
    const { one, other } = await twoNodes({ document });
    const idsOf = async (query: string): Promise<string[]> =>
      ((await (await other.api(`/logs?${query}`)).json()) as { log_id: string }[]).map(({ log_id: id }) => id);
    const written = (): Promise<string[]> => idsOf('per_page=100&sort=date:1&q=type:feccft');
    const refuseAt = async (node: RunningTenant): Promise<unknown> => (await node.ask({ ...goodRequest(node), audience: 'none' })).status;

    one.clock.nowMs += 1_000;
    await refuseAt(one);
    await expect.poll(written).toHaveLength(1);
    const [later = ''] = await written();
    // It is there, and not yet given: this node has not written what comes before it.
    expect(await idsOf('take=100')).not.toContain(later);
    await refuseAt(other);
    await expect.poll(written).toHaveLength(2);
    const [earlier = ''] = await written();
    expect(earlier).not.toBe(later);

    other.clock.nowMs += 11_001;
    const all = await idsOf('take=100');
    expect(all.filter((id) => id === earlier || id === later)).toEqual([earlier, later]);
  });

  it('are ready while they reach the database and know what the others wrote, alive without it, and ready again', async () => {
    const { one, other } = await twoNodes();
    const statusOf = async (node: RunningTenant, path: string): Promise<number> => (await fetch(`${node.url}${path}`)).status;
    for (const node of [one, other]) expect([await statusOf(node, '/healthz'), await statusOf(node, '/readyz')]).toEqual([200, 200]);

    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ name: 'Made there', grant_types: ['client_credentials'] });
    const made = (await (await one.api('/clients', { method: 'POST', headers, body })).json()) as Record<string, string>;
    expect(await statusOf(other, '/readyz')).toBe(200);
    const request = { ...goodRequest(other), client_id: made['client_id']!, client_secret: made['client_secret']! };
    expect((await other.ask(request)).status).toBe(403);

    await postgres.kill();
    expect([await statusOf(one, '/healthz'), await statusOf(one, '/readyz')]).toEqual([200, 503]);
    expect((await one.ask(goodRequest(one))).status).toBe(200);
    await postgres.start();
    await expect.poll(() => statusOf(one, '/readyz')).toBe(200);
  });

  it('are not looked for where there is no tenant', async () => {
    const store: TenantPlace = { kind: 'postgres', url: await postgres.newDatabase(), masterKey };
    const folder = await openStateFolder(await temporaryFolder());
    await expect(openTenantOperations({ folder, store })).rejects.toMatchObject({ code: 'tenant_missing' });
  });
});
