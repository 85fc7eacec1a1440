import { join } from 'node:path';
import { plainEnvironment, runProcess } from '@evertoken/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, workspace } from './evertoken.ts';
import { type RunningDev, startDev } from './running-dev.ts';

describe('node-auth0 7, unmodified', () => {
  let folder: { path: string; remove: () => Promise<void> };
  let dev: RunningDev;

  beforeAll(async () => {
    folder = await temporaryFolder();
    dev = await startDev({ cwd: folder.path });
  });

  afterAll(async () => {
    await dev?.process.stop();
    await folder?.remove();
  });

  const run = (program: string, env: Readonly<Record<string, string>>) =>
    runProcess(process.execPath, [join(workspace, 'e2e/programs', program)], {
      cwd: folder.path,
      env: plainEnvironment({ ...dev.env, ...env }),
    });

  const atTheAgent = () => ({
    AUTH0_DOMAIN: dev.env['EVERTOKEN_DOMAIN'] ?? '',
    AUTH0_CLIENT_ID: dev.env['EVERTOKEN_APP'] ?? '',
    AUTH0_CLIENT_SECRET: dev.env['EVERTOKEN_APP_KEY'] ?? '',
  });

  it('lists the tenant’s applications', async () => {
    const { stdout, stderr, code } = await run('auth0-client-credentials.mjs', {});
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['Default App', 'Evertoken Agent']));
  });

  it('lists them through the agent, with the agent’s domain and an app key for a secret', async () => {
    const { stdout, stderr, code } = await run('auth0-client-credentials.mjs', atTheAgent());
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toContain('Evertoken Agent');
  });

  it('is refused by both with a wrong secret', async () => {
    for (const where of [{}, atTheAgent()]) {
      const { stderr, code } = await run('auth0-client-credentials.mjs', { ...where, AUTH0_CLIENT_SECRET: 'wrong' });
      expect(code).not.toBe(0);
      expect(stderr).toMatch(/Unauthorized|access_denied/);
    }
  });

  it('lists them with the library’s kept token in its `token` option, at the cost of one mint', async () => {
    const { stdout, stderr, code } = await run('auth0-through-library.mjs', {});
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toContain('Evertoken Agent');
    expect(stdout).toContain('1 mint\n');
  });
});
