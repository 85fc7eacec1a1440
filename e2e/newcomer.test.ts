import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { plainEnvironment, spawnProcess } from '@evertoken/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { evertoken, freePort, shell, temporaryFolder, workspace } from './evertoken.ts';
import { fingerprintOf, interrupt, mintsOf, type RunningDev, startDev } from './running-dev.ts';

describe('a newcomer', () => {
  let folder: { path: string; remove: () => Promise<void> };
  let cwd: string;
  let tenantPort: number;
  let dev: RunningDev;
  const running: RunningDev[] = [];

  async function start(setting: Parameters<typeof startDev>[0]): Promise<RunningDev> {
    const started = await startDev(setting);
    running.push(started);
    return started;
  }

  beforeAll(async () => {
    folder = await temporaryFolder();
    // A folder as people have them: what is printed must be quoted where a shell needs it.
    cwd = join(folder.path, "my project's folder");
    await mkdir(cwd);
    tenantPort = await freePort();
    dev = await start({ cwd, tenantPort });
  });

  afterAll(async () => {
    await Promise.all(running.map(({ process }) => process.stop()));
    await folder?.remove();
  });

  it('sees what runs where, the token’s life and the applications', () => {
    for (const address of [/https:\/\/localhost:\d+\b/, /http:\/\/127\.0\.0\.1:\d+\b/]) expect(dev.banner).toMatch(address);
    expect(dev.banner).toMatch(/scope\s.*\bread:clients\b/);
    expect(dev.banner).toMatch(/time left\s+\S*\d/);
    expect(dev.banner).toMatch(/next mint\s.*\d/);
    expect(dev.banner).toMatch(/name\s.*client_id\s.*type/);
    expect(dev.banner).toContain('Default App');
    expect(dev.banner).toMatch(new RegExp(`Evertoken Agent.*${dev.env['AUTH0_CLIENT_ID']}.*non_interactive`));
    expect(dev.banner).toContain('/readyz');
  });

  it('finds no secret, key or token on the screen', async () => {
    const { stdout: token } = await evertoken(['token'], { cwd });
    const printed = dev.process.stdout + dev.process.stderr;
    for (const secret of [dev.env['AUTH0_CLIENT_SECRET'], dev.env['EVERTOKEN_APP_KEY'], token.trim()]) {
      expect(secret).toMatch(/\S{20}/);
      expect(printed).not.toContain(secret);
    }
  });

  it('pastes the three commands as they are printed, and each works', async () => {
    expect(dev.commands).toHaveLength(3);
    const [tokenEndpoint, proxy, token] = await Promise.all(dev.commands.map((command) => shell(command, { cwd })));
    expect([tokenEndpoint?.code, proxy?.code, token?.code]).toEqual([0, 0, 0]);

    const answer = JSON.parse(tokenEndpoint!.stdout) as { access_token: string; expires_in: number; token_type: string };
    expect(fingerprintOf(answer.access_token)).toBe(dev.fingerprint);
    expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: expect.any(Number) });
    const applications = JSON.parse(proxy!.stdout) as { name: string }[];
    expect(applications.map(({ name }) => name)).toContain('Evertoken Agent');
    expect(fingerprintOf(token!.stdout.trim())).toBe(dev.fingerprint);
  });

  it('has an env file for any SDK, private like all the state', async () => {
    expect(Object.keys(dev.env)).toEqual(
      expect.arrayContaining([
        ...['AUTH0_DOMAIN', 'AUTH0_CLIENT_ID', 'AUTH0_CLIENT_SECRET', 'AUTH0_AUDIENCE'],
        ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'],
        ...['EVERTOKEN_URL', 'EVERTOKEN_DOMAIN', 'EVERTOKEN_APP', 'EVERTOKEN_APP_KEY'],
      ]),
    );
    const modeOf = async (name: string) => ((await stat(join(cwd, '.evertoken', name))).mode & 0o777).toString(8);
    expect([await modeOf('.'), await modeOf('env'), await modeOf('app.key'), await modeOf('store.key')]).toEqual([
      '700',
      '600',
      '600',
      '600',
    ]);
  });

  it('calls the API, reads the status and the environment', async () => {
    const call = await evertoken(['call', 'GET', '/api/v2/clients'], { cwd });
    expect((JSON.parse(call.stdout) as unknown[]).length).toBeGreaterThan(1);
    const refused = await evertoken(['call', 'GET', '/api/v2/no-such-thing'], { cwd });
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({ statusCode: 404 });
    const status = await evertoken(['status'], { cwd });
    expect(status.stdout).toContain(dev.fingerprint);
    const exports = await evertoken(['env'], { cwd });
    expect((await shell(`${exports.stdout}\nprintf %s "$EVERTOKEN_URL"`, { cwd })).stdout).toBe(dev.env['EVERTOKEN_URL']);
  });

  it('stops it with Ctrl-C, starts it again and finds the same token, with no mint', async () => {
    expect(await mintsOf(dev)).toBe(1);
    expect(await interrupt(dev)).toBe(0);
    const again = await start({ cwd, tenantPort });
    expect([again.fingerprint, await mintsOf(again)]).toEqual([dev.fingerprint, 0]);
    expect(await interrupt(again)).toBe(0);
  });

  it('sees tokens come and go when it starts again with a short lifetime, whatever it held', async () => {
    const home = join(folder.path, 'short');
    const port = await freePort();
    const day = await start({ cwd, home, tenantPort: port });
    expect(await interrupt(day)).toBe(0);
    const short = await start({ cwd, home, tenantPort: port, tokenLifetime: 10 });
    expect(short.fingerprint).not.toBe(day.fingerprint);
    const { stdout } = await evertoken(['token', '--json'], { cwd, env: { EVERTOKEN_HOME: home } });
    expect((JSON.parse(stdout) as { expires_in: number }).expires_in).toBeLessThanOrEqual(10);
    expect(await interrupt(short)).toBe(0);
  });

  it('loses nothing when the process is killed', async () => {
    const killed = await start({ cwd, tenantPort });
    killed.process.signal('SIGKILL');
    await killed.process.exit();
    const again = await start({ cwd, tenantPort });
    expect([again.fingerprint, await mintsOf(again)]).toEqual([dev.fingerprint, 0]);
    expect(await interrupt(again)).toBe(0);
  });

  it('is told that no agent runs once it has stopped', async () => {
    const { code, stderr } = await evertoken(['token'], { cwd });
    expect(code).toBe(3);
    expect(stderr).toMatch(/to mend:/);
  });

  it('keeps state where EVERTOKEN_HOME says, and is shown commands that find it there', async () => {
    const home = join(folder.path, 'state elsewhere');
    const elsewhere = await start({ cwd: workspace, home });
    const printed = await Promise.all(elsewhere.commands.map((command) => shell(command, { cwd: workspace })));
    expect(printed.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(fingerprintOf(printed[2]!.stdout.trim())).toBe(elsewhere.fingerprint);
  });

  it('begins with `npm start`: one Ctrl-C reaches the program once, and it ends as it should', async () => {
    const env = plainEnvironment({ EVERTOKEN_HOME: join(folder.path, 'npm-start') });
    const started = spawnProcess(process.execPath, ['scripts/start.mjs', '--tenant-port', '0', '--agent-port', '0'], {
      cwd: workspace,
      env,
    });
    onTestFinished(() => started.stop());
    await started.waitFor(/Ctrl-C/);
    started.signal('SIGINT');
    const { code, stderr } = await started.exit(10_000);
    expect(code).toBe(0);
    expect(stderr.match(/process\.stopping/g)).toHaveLength(1);
  });

  it('ends with the `npm start` that is told to, which tells it nothing', async () => {
    const env = plainEnvironment({ EVERTOKEN_HOME: join(folder.path, 'npm-ends') });
    const started = spawnProcess('npm', ['start', '--', '--tenant-port', '0', '--agent-port', '0'], { cwd: workspace, env });
    onTestFinished(() => started.stop());
    await started.waitFor(/Ctrl-C/, 60_000);
    process.kill(started.pid, 'SIGTERM');
    const { stderr } = await started.exit();
    expect(stderr.match(/process\.stopping/g)).toHaveLength(1);
  });
});
