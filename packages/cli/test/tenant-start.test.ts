import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freshFolder, plainEnvironment, runProcess } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseEnvFile } from '../src/env-file.ts';
import { aTenantFolder } from './a-tenant-folder.ts';
import { commandPath, compileCommand, evertoken, spawnEvertoken } from './compiled-command.ts';

describe('evertoken tenant start', { timeout: 120_000 }, () => {
  /** Starts it on free ports; its environment when it stands. */
  async function aTenant(cwd: string, ...more: string[]) {
    const args = ['tenant', 'start', '--listen', 'https://localhost:0', '--log', 'json', ...more];
    const started = await spawnEvertoken(args, { cwd });
    onTestFinished(() => started.stop());
    await started.waitFor(/Ctrl-C/, 60_000);
    return { started, env: parseEnvFile(await readFile(join(cwd, '.evertoken/tenant.env'), 'utf8')) };
  }

  const keysOf = (env: Record<string, string>, ca: string): Promise<string[]> =>
    new Promise((resolve, reject) => {
      get(`https://${env['AUTH0_DOMAIN']}/.well-known/jwks.json`, { ca, agent: false }, (response) => {
        text(response).then((body) => resolve((JSON.parse(body) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid)), reject);
      }).on('error', reject);
    });

  it('runs, tells how it is used, takes imports and rotations live, and ends with a signal', async () => {
    const { cwd, run } = await aTenantFolder();
    const { started, env } = await aTenant(cwd, '--seed', 'tenant.yaml');
    const ca = await readFile(env['NODE_EXTRA_CA_CERTS']!, 'utf8');
    expect(started.stdout).toContain(`https://${env['AUTH0_DOMAIN']}`);
    expect(started.stdout + started.stderr).not.toContain(env['AUTH0_CLIENT_SECRET']);
    expect((await run('export')).out).toContain(`https://${env['AUTH0_DOMAIN']}/api/v2/`);

    await expect.poll(() => keysOf(env, ca)).toHaveLength(2);
    const rotated = JSON.parse((await run('keys', 'rotate', '--json')).out) as { current: string; next: string };
    await expect.poll(() => keysOf(env, ca)).toEqual(expect.arrayContaining([rotated.current, rotated.next]));
    expect((await run('doctor')).code).toBe(0);
    expect((await run('backup', 'live.db')).code).toBe(0);
    expect(await run('restore', 'live.db')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/tenant runs[\s\S]*Stop it first/) as string,
    });

    started.signal('SIGTERM');
    expect(await started.exit()).toMatchObject({ code: 0 });
    expect((await run('restore', 'live.db')).code).toBe(0);
  });

  it('signs on as many threads as there are cores, two at least, unless it is told how many', async () => {
    await compileCommand();
    const poolOf = async (args: readonly string[], env: Record<string, string> = {}): Promise<string> => {
      const tell = `process.on('exit', () => console.error('threads:', process.env.UV_THREADPOOL_SIZE))`;
      const program = ['--import', `data:text/javascript,${encodeURIComponent(tell)}`, commandPath, ...args, '--help'];
      const { stderr } = await runProcess(process.execPath, program, { env: plainEnvironment(env) });
      return /threads: (.*)/.exec(stderr)?.[1] ?? stderr;
    };
    expect(await poolOf(['tenant', 'start'])).toBe(String(Math.max(2, availableParallelism())));
    expect(await poolOf(['tenant', 'start'], { UV_THREADPOOL_SIZE: '7' })).toBe('7');
    expect(await poolOf(['token'])).toBe('undefined');
  });

  it('gives its owner a link to the dashboard, which opens it once', async () => {
    const { cwd, run } = await aTenantFolder();
    expect(await run('open')).toMatchObject({ code: 1, err: expect.stringMatching(/No tenant runs[\s\S]*tenant start/) as string });
    const { started, env } = await aTenant(cwd);
    expect(started.stdout).toMatch(/the dashboard, in a browser\s+.* tenant open/);
    const printed = await run('open', '--print');
    expect(printed).toEqual({
      code: 0,
      out: expect.stringMatching(/^https:\/\/localhost:\d+\/dashboard\/open\/[\w-]{43}\n$/) as string,
      err: '',
    });
    const told = await run('open');
    expect(told.err).toContain('works once');
    const { url, expires_at: endsAt } = JSON.parse((await run('open', '--json')).out) as { url: string; expires_at: string };
    expect(Date.parse(endsAt)).toBeGreaterThan(Date.now());
    const ca = await readFile(env['NODE_EXTRA_CA_CERTS']!, 'utf8');
    const statusOf = (): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        get(url, { ca, agent: false }, (response) => resolve(response.resume().statusCode)).on('error', reject);
      });
    expect([await statusOf(), await statusOf()]).toEqual([303, 403]);
    expect(started.stderr).not.toContain('/dashboard/open/');
  });

  it('tells the service manager when it is ready and when it stops', async () => {
    const { cwd } = await aTenantFolder();
    const told = join(cwd, 'told');
    await writeFile(join(cwd, 'systemd-notify'), `#!/bin/sh\necho "$@" >> '${told}'\n`, { mode: 0o755 });
    const env = { NOTIFY_SOCKET: join(cwd, 'notify'), PATH: `${cwd}:${process.env['PATH']}` };
    const started = await spawnEvertoken(['tenant', 'start', '--listen', 'https://localhost:0'], { cwd, env });
    onTestFinished(() => started.stop());
    await started.waitFor(/Ctrl-C/, 60_000);
    await expect.poll(() => readFile(told, 'utf8').catch(() => '')).toMatch(/^READY=1 STATUS=listening on https:\/\/localhost:\d+\n$/);
    started.signal('SIGTERM');
    expect(await started.exit()).toMatchObject({ code: 0 });
    expect(await readFile(told, 'utf8')).toMatch(/\nSTOPPING=1\n$/);
  });

  it('refuses a second tenant on the same database, and says what mends it', async () => {
    const { cwd } = await aTenantFolder();
    await aTenant(cwd);
    const { code, stderr } = await evertoken(['tenant', 'start', '--listen', 'https://localhost:0'], { cwd });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/Another tenant runs with this state folder[\s\S]*--home[\s\S]*PostgreSQL/)]);
  });

  it('names the option of the port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const cwd = await freshFolder();
    const start = async (...options: string[]): Promise<string> => (await evertoken(['tenant', 'start', ...options], { cwd })).stderr;
    const taken = `http://127.0.0.1:${port}`;
    expect(await start('--listen', taken, '--controls', '0')).toMatch(/where: +http:.*\n.*another port with --listen/);
    expect(await start('--listen', 'http://127.0.0.1:0', '--controls', String(port))).toMatch(
      /where: +http:.*\n.*another port with --controls/,
    );
  });

  it('has controls where they are asked for, and their key in the banner', async () => {
    const { cwd } = await aTenantFolder();
    const { started, env } = await aTenant(cwd, '--controls', '0');
    const [url, key] = [env['EVERTOKEN_CONTROLS_URL']!, env['EVERTOKEN_CONTROLS_KEY']!];
    expect(started.stdout).toMatch(new RegExp(`controls +${url}[\\s\\S]*their key +${key}`));
    expect(started.stderr).not.toContain(key);
    expect((await fetch(`${url}/v1/state`)).status).toBe(401);
    expect((await fetch(`${url}/v1/state`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
    const without = await aTenant((await aTenantFolder()).cwd);
    expect(without.env).not.toHaveProperty('EVERTOKEN_CONTROLS_URL');
    expect(without.started.stdout).not.toContain('controls');
  });

  it.each([
    [['--listen', 'http://0.0.0.0:0'], 'with --allow-remote, over https'],
    [['--listen', 'http://0.0.0.0:0', '--allow-remote'], 'Write https:// in place of http://'],
    [['--listen', 'https://0.0.0.0:none'], 'scheme, host and port'],
    [['--listen', 'https://0.0.0.0:0'], 'with --allow-remote, over https'],
    [['--certificate', 'x.pem'], '--certificate-key'],
    [['--domain', 'https://x'], 'no domain'],
    [['--seed', 'none.yaml'], 'ENOENT'],
    [['--seed', 'bad.yaml', '--listen', 'https://localhost:0'], 'client "bad", description'],
    [['--database-url-file', 'none'], 'ENOENT'],
    [['--rate-limits', 'cheap'], 'Allowed choices'],
  ])('does not start with %j, and makes no tenant', async (args, told) => {
    const { cwd } = await aTenantFolder();
    await writeFile(join(cwd, 'bad.yaml'), 'clients: [{ name: bad, description: 5 }]');
    const { code, stderr } = await evertoken(['tenant', 'start', ...args], { cwd });
    expect([code === 0, stderr]).toEqual([false, expect.stringContaining(told)]);
    expect(await readdir(join(cwd, '.evertoken')).catch(() => [])).not.toContain('tenant');
  });
});
