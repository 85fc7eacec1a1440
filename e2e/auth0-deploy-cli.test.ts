import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProcess } from '@evertoken/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { evertoken, plainEnvironment, temporaryFolder, workspace } from './evertoken.ts';
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
    expect([code, printed]).toEqual([1, expect.stringContaining('this tenant does not serve GET /api/v2/rules')]);
  });
});
