import { lstat, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProcess, type SpawnedProcess, spawnProcess } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseEnvFile } from '../src/env-file.ts';
import { freshFolder } from './fresh-folder.ts';

// The built command: `npm run build` makes it.
const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
const { PATH } = process.env;

function startEvertoken(args: string[], options: { cwd: string; env?: Record<string, string> }): SpawnedProcess {
  const running = spawnProcess(process.execPath, [bin, ...args], { cwd: options.cwd, env: { PATH, ...options.env } });
  onTestFinished(() => running.stop());
  return running;
}

const runEvertoken = (args: string[], options: { cwd: string; env?: Record<string, string> }) =>
  runProcess(process.execPath, [bin, ...args], { cwd: options.cwd, env: { PATH, ...options.env } });

const freePorts = ['--tenant-port', '0', '--agent-port', '0'];

async function standUp(
  args: string[],
  cwd: string,
): Promise<{ running: SpawnedProcess; banner: string; fingerprint: string; ports: string[] }> {
  const running = startEvertoken(['dev', ...args], { cwd });
  await running.waitFor(/Ctrl-C stops\./);
  const banner = running.stdout;
  const portAfter = (text: string): string => new RegExp(`${text}:(\\d+)`).exec(banner)![1]!;
  const agentTlsPort = /https:\/\/localhost:(\d+)\/oauth\/token/.exec(banner)![1]!;
  const ports = [
    '--tenant-port',
    portAfter('tenant +https://localhost'),
    '--agent-port',
    portAfter('http://127.0.0.1'),
    '--agent-tls-port',
    agentTlsPort,
  ];
  return { running, banner, fingerprint: /fingerprint +([0-9a-f]{16})/.exec(banner)![1]!, ports };
}

describe('evertoken dev', () => {
  it('stands up, shows commands that work as they are pasted, and stops cleanly', { timeout: 60_000 }, async () => {
    const cwd = await freshFolder();
    const { running, banner, fingerprint } = await standUp(freePorts, cwd);
    expect(banner).toMatch(/Default App[\s\S]*Evertoken Agent .* non_interactive[\s\S]*All Applications .* global/);
    expect(banner).not.toMatch(/evk_|eyJ/);

    const [tokenEndpoint, proxy, token] = [...banner.matchAll(/^ {2}(curl .*|.* token)$/gm)].map((match) => match[1]!);
    const paste = async (command: string) => (await runProcess('sh', ['-c', command], { cwd, env: { PATH } })).stdout;
    const answer = JSON.parse(await paste(tokenEndpoint!)) as Record<string, unknown>;
    expect(answer).toMatchObject({ token_type: 'Bearer', scope: expect.stringContaining('read:clients') });
    expect(JSON.parse(await paste(proxy!))).toHaveLength(3);
    expect((await paste(token!)).trim()).toBe(answer['access_token']);

    const env = parseEnvFile(await readFile(join(cwd, '.evertoken/env'), 'utf8'));
    expect(Object.keys(env)).toEqual([
      'AUTH0_DOMAIN',
      'AUTH0_CLIENT_ID',
      'AUTH0_CLIENT_SECRET',
      'AUTH0_AUDIENCE',
      'NODE_EXTRA_CA_CERTS',
      'SSL_CERT_FILE',
      'REQUESTS_CA_BUNDLE',
      'EVERTOKEN_URL',
      'EVERTOKEN_DOMAIN',
      'EVERTOKEN_APP',
      'EVERTOKEN_APP_KEY',
    ]);
    expect((await lstat(join(cwd, '.evertoken/env'))).mode & 0o777).toBe(0o600);
    const sourced = 'set -a; . .evertoken/env; curl -s --cacert "$SSL_CERT_FILE" "https://$AUTH0_DOMAIN/.well-known/openid-configuration"';
    expect(JSON.parse(await paste(sourced))).toMatchObject({ issuer: `https://${env['AUTH0_DOMAIN']}/` });

    const status = await runEvertoken(['status'], { cwd });
    expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining(fingerprint) });
    expect(await runEvertoken(['call', 'GET', '/api/v2/clients?page=9'], { cwd })).toMatchObject({ code: 0, stdout: '[]' });
    expect(await runEvertoken(['call', 'GET', '/api/v2/none'], { cwd })).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('"statusCode":404'),
    });

    running.signal('SIGINT');
    const ended = await running.exit();
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.stderr).not.toMatch(/evk_|eyJ|"level":"(?:warn|error|fatal)"/);
    expect(await runEvertoken(['token'], { cwd })).toMatchObject({ code: 3, stdout: '' });
  });

  it('mints nothing at the next start, even after it was killed', { timeout: 60_000 }, async () => {
    const cwd = await freshFolder();
    const first = await standUp(freePorts, cwd);
    first.running.signal('SIGKILL');
    await first.running.exit();
    const second = await standUp(first.ports, cwd);
    expect(second.fingerprint).toBe(first.fingerprint);
    second.running.signal('SIGTERM');
    const { code, stderr } = await second.running.exit();
    expect(code).toBe(0);
    expect(stderr).toContain('"event":"token.adopted"');
    expect(stderr).not.toContain('"event":"token.issued"');
  });

  it('names a taken port and the option that changes it, for each port, and a taken state folder', { timeout: 60_000 }, async () => {
    const cwd = await freshFolder();
    const [, tenantPort, , agentPort, , agentTlsPort] = (await standUp(freePorts, cwd)).ports;
    for (const [option, port, others] of [
      ['--tenant-port', tenantPort!, ['--agent-port', '0']],
      ['--agent-port', agentPort!, ['--agent-tls-port', '0', '--tenant-port', '0']],
      ['--agent-tls-port', agentTlsPort!, ['--agent-port', '0', '--tenant-port', '0']],
    ] as const) {
      const { code, stdout, stderr } = await runEvertoken(['dev', '--home', 'other', option, port, ...others], { cwd });
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(new RegExp(`✖ Port ${port} on \\S+ is taken\\n {2}where: .*:${port}\\n {2}to mend: .* with ${option} `));
    }
    const again = await runEvertoken(['dev', ...freePorts], { cwd });
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('✖ Another agent runs with this state folder') });
  });
});

describe('evertoken start', () => {
  it('keeps the token of the environment, and tells of a wrong secret or audience on one screen', { timeout: 60_000 }, async () => {
    const cwd = await freshFolder();
    await standUp(freePorts, cwd);
    const env = parseEnvFile(await readFile(join(cwd, '.evertoken/env'), 'utf8'));
    const start = ['start', '--home', 'agent', '--agent-port', '0'];
    const agent = startEvertoken(start, { cwd, env });
    await agent.waitFor(/"event":"agent.listening"/);
    const left = parseEnvFile(await readFile(join(cwd, 'agent/env'), 'utf8'));
    expect(Object.keys(left).filter((name) => name.startsWith('AUTH0_'))).toEqual([]);
    const token = await runEvertoken(['token', '--home', 'agent'], { cwd });
    expect(token).toMatchObject({ code: 0, stdout: expect.stringMatching(/^eyJ\S+\n$/) });
    agent.signal('SIGTERM');
    expect(await agent.exit()).toMatchObject({ code: 0 });

    for (const [wrong, step] of [
      [{ AUTH0_CLIENT_SECRET: 'not-the-secret' }, 'AUTH0_CLIENT_SECRET'],
      [{ AUTH0_AUDIENCE: 'https://nowhere.example.com/' }, 'AUTH0_AUDIENCE'],
    ] as const) {
      const { code, stderr } = await runEvertoken([...start, '--home', 'other'], { cwd, env: { ...env, ...wrong } });
      expect(code).toBe(1);
      expect(stderr).toMatch(/✖ No token `default` can be had: [\s\S]*\n {2}where: {3}https:\/\/localhost:\d+\/oauth\/token\n/);
      expect(stderr.slice(stderr.indexOf('to mend:'))).toContain(step);
      expect(stderr).not.toContain('not-the-secret');
    }
  });

  it('tells all that is wrong with a config or the environment, and leaves nothing half-written', { timeout: 30_000 }, async () => {
    const cwd = await freshFolder();
    expect(await runEvertoken(['start'], { cwd })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/✖ .*[\s\S]*AUTH0_DOMAIN, AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET are not set/),
    });
    await writeFile(join(cwd, 'evertoken.yaml'), 'tokens:\n  a:\n    domian: acme.eu.auth0.com\n    client_id: { env: NOT_THERE }\n');
    const { code, stderr } = await runEvertoken(['start'], { cwd });
    expect(code).toBe(1);
    for (const part of ['evertoken.yaml', 'line 3', 'did you mean `domain`?', 'NOT_THERE', 'to mend:']) expect(stderr).toContain(part);
    await expect(lstat(join(cwd, '.evertoken/env'))).rejects.toMatchObject({ code: 'ENOENT' });
    const missing = await runEvertoken(['start', '--config', 'other.yaml'], { cwd });
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('other.yaml') });
  });
});
