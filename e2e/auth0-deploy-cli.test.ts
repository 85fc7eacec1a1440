import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { dirname, join } from 'node:path';
import { json as readJson } from 'node:stream/consumers';
import { startTestTenant, type TestTenant } from '@evertoken/tenant/testing';
import { plainEnvironment, runProcess } from '@evertoken/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { linkPackages, packagesIn } from './docs/linked-packages.ts';
import { readPage } from './docs/markdown-block.ts';
import { evertoken, freePort, temporaryFolder, workspace } from './evertoken.ts';
import { mintsOf, type RunningDev, startDev } from './running-dev.ts';

const tool = join(workspace, 'node_modules/auth0-deploy-cli/lib/index.js');

describe('auth0-deploy-cli 8, unmodified, with the agent’s domain and an app key for a secret', () => {
  let folder: { path: string; remove: () => Promise<void> };
  let dev: RunningDev;
  let runs = 0;
  let firstExport: ReturnType<typeof exported>;

  beforeAll(async () => {
    folder = await temporaryFolder();
    dev = await startDev({ cwd: folder.path });
    const body = JSON.stringify({ name: 'Nightly report', app_type: 'non_interactive', description: 'Sums up the day' });
    const { code, stderr } = await evertoken(['call', 'POST', '/api/v2/clients', '--data', body], { cwd: folder.path });
    expect(code, stderr).toBe(0);
    firstExport = exported(['clients', 'resourceServers', 'clientGrants']);
    await firstExport;
  });

  afterAll(async () => {
    await dev?.process.stop();
    await folder?.remove();
  });

  /** Exports what it is told to include, into a folder of its own. */
  async function exported(included: readonly string[], env: Readonly<Record<string, string>> = {}) {
    runs += 1;
    const into = join(folder.path, `export-${runs}`);
    await mkdir(into);
    const { code, stdout, stderr } = await runProcess(process.execPath, [tool, 'export', '--format', 'yaml', '--output_folder', into], {
      cwd: into,
      env: plainEnvironment({
        NODE_EXTRA_CA_CERTS: dev.env['NODE_EXTRA_CA_CERTS'] ?? '',
        AUTH0_DOMAIN: dev.env['EVERTOKEN_DOMAIN'] ?? '',
        AUTH0_CLIENT_ID: dev.env['EVERTOKEN_APP'] ?? '',
        AUTH0_CLIENT_SECRET: dev.env['EVERTOKEN_APP_KEY'] ?? '',
        AUTH0_INCLUDED_ONLY: JSON.stringify(included),
        ...env,
      }),
      deadlineMs: 60_000,
    });
    return { code, printed: stdout + stderr, into };
  }

  it('exports applications, grants and APIs through the agent, again and again at the cost of one mint', async () => {
    const first = await firstExport;
    expect(first.code, first.printed).toBe(0);
    const text = await readFile(join(first.into, 'tenant.yaml'), 'utf8');
    const { clients, clientGrants, resourceServers } = parse(text) as Record<string, Record<string, unknown>[]>;
    expect(clients).toContainEqual(
      expect.objectContaining({ name: 'Nightly report', app_type: 'non_interactive', description: 'Sums up the day' }),
    );
    expect(clientGrants).toContainEqual(
      expect.objectContaining({ client_id: 'Evertoken Agent', scope: expect.arrayContaining(['read:clients']) }),
    );
    // The one there is, the Management API, is the system's, which the tool leaves out.
    expect(resourceServers).toEqual([]);

    const second = await exported(['clients', 'resourceServers', 'clientGrants']);
    expect(second.code, second.printed).toBe(0);
    expect(await readFile(join(second.into, 'tenant.yaml'), 'utf8')).toBe(text);
    expect(await mintsOf(dev)).toBe(1);
  });

  it('never gets the issuer’s secret, and shows neither key nor token', async () => {
    const { printed, into } = await firstExport;
    const { stdout: token } = await evertoken(['token'], { cwd: folder.path });
    const everything = printed + (await readFile(join(into, 'tenant.yaml'), 'utf8'));
    for (const secret of [dev.env['AUTH0_CLIENT_SECRET'], dev.env['EVERTOKEN_APP_KEY'], token.trim()]) {
      expect(secret).toMatch(/\S{20}/);
      expect(everything).not.toContain(secret);
    }
  });

  it('is refused with a wrong key, as Auth0 refuses it', async () => {
    const { code, printed } = await exported(['clients'], { AUTH0_CLIENT_SECRET: 'wrong' });
    expect(code).toBe(1);
    expect(printed).toMatch(/access_denied|Unauthorized/);
  });

  it('is told which endpoint the tenant does not have', async () => {
    const { code, printed } = await exported(['rules']);
    expect([code, printed]).toEqual([1, expect.stringMatching(/GET \/api\/v2\/rules .*this tenant does not have it/)]);
  });
});

describe('auth0-deploy-cli 8, unmodified, straight at tenants over https', { timeout: 900_000 }, () => {
  const kinds = ['clients', 'resourceServers', 'clientGrants', 'organizations', 'tenant'];
  const actions = ['read', 'create', 'update', 'delete'];
  const scopes = ['clients', 'client_keys', 'client_credentials', 'client_grants', 'resource_servers'].flatMap((resource) =>
    actions.map((action) => `${action}:${resource}`),
  );
  const ofOrganizations = ['organizations', 'organization_client_grants'].flatMap((resource) =>
    actions.map((action) => `${action}:${resource}`),
  );
  const asked = ['connections', 'organization_connections', 'organization_discovery_domains', 'organization_clients'].map(
    (kind) => `read:${kind}`,
  );
  const settings = ['read:tenant_settings', 'update:tenant_settings'];
  const granted = [...scopes, ...ofOrganizations.filter((scope) => scope !== 'update:organization_client_grants'), ...asked, ...settings];
  const deployer = { name: 'Deployer', grants: { management: granted } };
  const api = 'https://api.travel.example/';
  const quota = { client_credentials: { enforce: true, per_hour: 100 } };
  const report = {
    name: 'Nightly report',
    grants: { [api]: ['read:bookings'] },
    properties: { description: 'Sums up the day', token_quota: quota },
  };

  let folder: { path: string; remove: () => Promise<void> };
  let source: TestTenant;
  let target: TestTenant;
  let runs = 0;

  beforeAll(async () => {
    folder = await temporaryFolder();
    source = await startTestTenant({
      apis: [{ identifier: api, scopes: ['read:bookings', 'create:bookings'], tokenLifetime: 3600, dialect: 'rfc9068_profile' }],
      applications: [deployer, report, { name: 'Shop', properties: { client_metadata: { team: 'sales' } } }],
      document: {
        tenant: { default_audience: api, friendly_name: 'Travel' },
        organizations: [
          { name: 'acme', display_name: 'Acme', metadata: { region: 'eu' }, client_grants: [{ client_id: report.name }] },
          { name: 'empty' },
        ],
      },
    });
    target = await startTestTenant({ applications: [deployer] });
  });

  afterAll(async () => {
    await Promise.all([source?.close(), target?.close()]);
    await folder?.remove();
  });

  async function run(tenant: TestTenant, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
    const { code, stdout, stderr } = await runProcess(process.execPath, [tool, ...args], {
      cwd: folder.path,
      // The grant of the one client that each tenant makes itself names the tenant it is at.
      env: plainEnvironment({
        ...tenant.env('Deployer'),
        AUTH0_INCLUDED_ONLY: JSON.stringify(kinds),
        AUTH0_EXCLUDED_CLIENTS: '["Evertoken Agent"]',
        ...env,
      }),
      // It makes schemas of everything at each start, which takes it long on a busy machine.
      deadlineMs: 240_000,
    });
    expect(code, stdout + stderr).toBe(0);
  }

  /** What the tool exports. */
  async function exported(tenant: TestTenant): Promise<{ file: string; document: Record<string, Record<string, unknown>[]> }> {
    runs += 1;
    const into = join(folder.path, `export-${runs}`);
    await mkdir(into);
    await run(tenant, ['export', '--format', 'yaml', '--output_folder', into]);
    const file = join(into, 'tenant.yaml');
    return { file, document: parse(await readFile(file, 'utf8')) as Record<string, Record<string, unknown>[]> };
  }

  const writes = (tenant: TestTenant): string[] =>
    tenant.requests
      .filter(({ method, path }) => method !== 'GET' && path !== '/oauth/token')
      .map(
        ({ method, path, status }) =>
          `${status} ${method} ${path.replace(/(clients|client-grants|resource-servers|organizations)\/.*/, '$1/…')}`,
      );

  /** What the Management API of a tenant lists. */
  async function listed(tenant: TestTenant, path: string): Promise<Record<string, unknown>[]> {
    const authorization = `Bearer ${await tenant.token({ application: 'Deployer', audience: tenant.managementAudience })}`;
    return await new Promise((resolve, reject) => {
      get(`${tenant.url}/api/v2/${path}`, { ca: tenant.ca, agent: false, headers: { authorization } }, (response) => {
        readJson(response).then((body) => resolve(body as Record<string, unknown>[]), reject);
      }).on('error', reject);
    });
  }
  const all = (tenant: TestTenant) =>
    Promise.all(['clients', 'resource-servers', 'client-grants', 'organizations', 'tenants/settings'].map((path) => listed(tenant, path)));
  /** Names of the organizations, each with the clients whose grants it has. */
  async function organizationsOf(tenant: TestTenant): Promise<Record<string, unknown>> {
    const clients = new Map((await listed(tenant, 'clients')).map(({ client_id: id, name }) => [id, name]));
    const entries = (await listed(tenant, 'organizations')).map(async ({ id, name }) => {
      const grants = await listed(tenant, `organizations/${String(id)}/client-grants`);
      return [name, grants.map((grant) => clients.get(grant['client_id']))] as const;
    });
    return Object.fromEntries(await Promise.all(entries)) as Record<string, unknown>;
  }

  it('exports a tenant, makes another one the same, the second time changes nothing, and deletes when it may', async () => {
    const { file, document } = await exported(source);
    expect(named(document, 'Nightly report')).toMatchObject({ token_quota: quota });
    expect(document['resourceServers']).toMatchObject([{ identifier: api, token_lifetime: 3600, token_dialect: 'rfc9068_profile' }]);
    const grant = { client_id: 'Nightly report', audience: api, scope: ['read:bookings'] };
    expect(document['clientGrants']).toContainEqual(expect.objectContaining(grant));
    const acme = { name: 'acme', display_name: 'Acme', metadata: { region: 'eu' }, client_grants: [{ client_id: report.name }] };
    expect(document['organizations']).toEqual(
      expect.arrayContaining([expect.objectContaining(acme), expect.objectContaining({ name: 'empty' })]),
    );

    await run(target, ['import', '--input_file', file]);
    const created = ['clients', 'resource-servers', 'client-grants', 'organizations'].map((kind) => `201 POST /api/v2/${kind}`);
    expect(writes(target)).toEqual(expect.arrayContaining(created));
    expect(await listed(target, 'resource-servers')).toContainEqual(expect.objectContaining(document['resourceServers']?.[0] ?? {}));
    expect(await listed(target, 'clients')).toContainEqual(expect.objectContaining(named(document, 'Nightly report') ?? {}));

    expect(await organizationsOf(target)).toEqual({ acme: [report.name], empty: [] });

    const before = await all(target);
    const count = writes(target).length;
    await run(target, ['import', '--input_file', file]);
    expect(await all(target)).toEqual(before);
    expect(
      writes(target)
        .slice(count)
        .filter((line) => /POST|DELETE/.test(line)),
    ).toEqual([]);
    expect(await organizationsOf(target)).toEqual({ acme: [report.name], empty: [] });

    await writeFile(file, stringify({ ...document, clients: document['clients']?.filter(({ name }) => name !== 'Shop') }));
    await run(target, ['import', '--input_file', file], { AUTH0_ALLOW_DELETE: 'true' });
    const names = (await listed(target, 'clients')).map(({ name }) => name);
    expect(names).toContain('Nightly report');
    expect(names).not.toContain('Shop');
    expect(writes(target).filter((line) => !line.startsWith('2'))).toEqual([]);
  });

  it('makes the same of what `evertoken tenant export` wrote', async () => {
    const file = join(folder.path, 'ours.yaml');
    const { code, stderr } = await evertoken(['tenant', 'export', file, '--home', dirname(source.caPath)], { cwd: folder.path });
    expect(code, stderr).toBe(0);
    await using fresh = await startTestTenant({ applications: [deployer] });
    for (const _time of ['first', 'second']) {
      await run(fresh, ['import', '--input_file', file]);
      expect(await organizationsOf(fresh)).toEqual({ acme: [report.name], empty: [] });
    }
    expect(writes(fresh).filter((line) => line === '201 POST /api/v2/organizations')).toHaveLength(2);
    expect(writes(fresh).filter((line) => !line.startsWith('2'))).toEqual([]);
  });

  function named(document: Record<string, Record<string, unknown>[]>, name: string): Record<string, unknown> | undefined {
    return document['clients']?.find((client) => client['name'] === name);
  }
});

describe('auth0-deploy-cli 8, unmodified, as docs/guides/ci.md shows it', { timeout: 300_000 }, () => {
  it('has in the tenant of a job what is to go to Auth0', async () => {
    const { path: cwd, remove } = await temporaryFolder();
    onTestFinished(remove);
    const { blocks } = await readPage('docs/guides/ci.md');
    const start = `evertoken tenant start --listen https://localhost:${await freePort()}`;
    const staged = (code: string): string => code.replaceAll('evertoken tenant start', start);
    for (const { use, code } of blocks) {
      if (use?.kind === 'installs') await linkPackages(cwd, packagesIn(code));
      if (use?.kind !== 'file') continue;
      await mkdir(dirname(join(cwd, use.what)), { recursive: true });
      await writeFile(join(cwd, use.what), staged(code));
    }
    const tried = blocks.filter(({ use }) => use?.kind === 'tested by').map(({ code }) => code);
    expect(tried).toEqual(['sh test/deploy.sh\n']);
    const { code, stdout, stderr } = await runProcess('/bin/sh', ['-c', staged(tried.join(''))], {
      cwd,
      env: plainEnvironment(),
      deadlineMs: 240_000,
    });
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain('client_id: Nightly report');
  });
});
