import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newAppKey } from '@evertoken/agent';
import { openControlSocket, openStateFolder } from '@evertoken/service';
import { freshFolder, plainEnvironment, runProcess, spawnProcess, startTokenEndpoint } from '@evertoken/testkit';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { commandPath, compileCommand, evertoken, spawnEvertoken } from './compiled-command.ts';
import { run } from './run-command.ts';

beforeAll(compileCommand, 130_000);

/** A running `evertoken start` in a folder of its own. */
async function aRunningAgent() {
  const issuer = await startTokenEndpoint();
  onTestFinished(() => issuer.close());
  const cwd = await freshFolder();
  const file = join(cwd, 'evertoken.yaml');
  const { key, sha256 } = newAppKey();
  const token = (name: string): string =>
    `  ${name}: { token_endpoint: "${issuer.url}", client_id: m2m, client_secret: s3cret, audience: "urn:${name}" }\n`;
  const write = (names: string[], more = ''): Promise<void> =>
    writeFile(
      file,
      `tokens:\n${names.map(token).join('')}apps:\n  local: { key_sha256: "${sha256}", tokens: [${names.join(', ')}] }\nlisten: ["http://127.0.0.1:0"]\n${more}`,
    );
  await write(['orders']);
  const env = { EVERTOKEN_APP_KEY: key };
  const running = await spawnEvertoken(['start', '--log', 'json'], { cwd, env });
  onTestFinished(() => running.stop());
  await running.waitFor(/"event":"agent\.listening"/);
  return { cwd, file, env, running, issuer, write, key };
}

describe('evertoken reload', { timeout: 120_000 }, () => {
  it('lets the running agent take the config anew, says what changed, and mints nothing again', async () => {
    const { cwd, env, issuer, write } = await aRunningAgent();
    await write(['orders', 'reports']);
    const { code, stdout } = await evertoken(['reload'], { cwd, env });
    // Also where the agent has seen the file change by itself before it was asked.
    expect([code, stdout]).toEqual([0, expect.stringContaining('token reports added')]);
    expect((await evertoken(['token', 'reports'], { cwd, env })).stdout).toMatch(/^token-\d+\n$/);
    expect(issuer.requests.filter((request) => request.form.get('audience') === 'urn:orders')).toHaveLength(1);
  });

  it('keeps the config where the new one is wrong, and says what is', async () => {
    const { cwd, env, write } = await aRunningAgent();
    await write(['orders'], 'lisen: []\n');
    const { code, stderr } = await evertoken(['reload'], { cwd, env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/keeps the config that it had[\s\S]*unknown key `lisen`[\s\S]*to mend:/);
    expect((await evertoken(['token', 'orders'], { cwd, env })).code).toBe(0);
    const { stdout } = await evertoken(['reload', '--json'], { cwd, env });
    expect(JSON.parse(stdout)).toMatchObject({ problems: [{ path: '', line: expect.any(Number) as number }] });
  });

  it('tells programs where the agent listens from then on', async () => {
    const { cwd, env, file, key } = await aRunningAgent();
    const before = await readFile(join(cwd, '.evertoken/env'), 'utf8');
    const socket = join(cwd, '.evertoken/other.sock');
    await writeFile(file, (await readFile(file, 'utf8')).replace(/listen: .*/, `listen: ["unix:${socket}"]`));
    expect((await evertoken(['reload'], { cwd, env })).code).toBe(0);
    const after = await readFile(join(cwd, '.evertoken/env'), 'utf8');
    expect([before.includes("EVERTOKEN_URL='http://127.0.0.1:"), after.includes(`EVERTOKEN_URL='unix:${socket}'`)]).toEqual([true, true]);
    expect((await evertoken(['token', 'orders'], { cwd, env: { EVERTOKEN_APP_KEY: key } })).stdout).toMatch(/^token-/);
  });

  it('makes a local CA, and has programs trust it, only from when it serves https with it', async () => {
    const { cwd, env, file } = await aRunningAgent();
    const home = join(cwd, '.evertoken');
    const trust = /^(?:NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE)=/gm;
    const trusted = async (): Promise<number> => (await readFile(join(home, 'env'), 'utf8')).match(trust)?.length ?? 0;
    const hasCa = async (): Promise<boolean> => (await readdir(home)).includes('ca-key.pem');
    expect([await trusted(), await hasCa()]).toEqual([0, false]);
    await writeFile(file, (await readFile(file, 'utf8')).replace(/listen: .*/, 'listen: ["http://127.0.0.1:0", "https://localhost:0"]'));
    expect((await evertoken(['reload'], { cwd, env })).code).toBe(0);
    expect([await trusted(), await hasCa()]).toEqual([4, true]);
  });

  it('happens at SIGHUP too; SIGTERM ends the agent in order', async () => {
    const { running, write } = await aRunningAgent();
    await write(['orders', 'reports']);
    process.kill(running.pid, 'SIGHUP');
    await running.waitFor(/"event":"config\.reloaded"/);
    process.kill(running.pid, 'SIGTERM');
    expect((await running.exit()).code).toBe(0);
    expect(running.stderr).toContain('"event":"process.stopping"');
  });

  it('tells what of a config that was taken is not in effect, and what else is to be known', async () => {
    const folder = await openStateFolder(join(await freshFolder(), 'state'));
    const body = {
      generation: 2,
      changes: ['file /a added'],
      needs_restart: ['policy'],
      not_in_effect: ['The token file /a has no folder'],
      notes: ['evertoken.yaml is mounted by itself'],
    };
    const control = await openControlSocket(folder.path, async () => ({ status: 200, body }));
    onTestFinished(() => control.close());
    const { code, terminal } = await run(['reload', '--home', folder.path]);
    expect([code, terminal.printed.out.split('\n')]).toEqual([
      0,
      [
        'file /a added',
        'policy changed, which takes effect at the next start only',
        'not in effect: The token file /a has no folder',
        'note: evertoken.yaml is mounted by itself',
        '',
      ],
    ]);
  });

  it('ends with code 3 where no agent runs', async () => {
    const { code, terminal } = await run(['reload']);
    expect([code, terminal.printed.err.includes('No agent runs with this state folder')]).toEqual([3, true]);
  });
});

describe('other commands beside a running agent', { timeout: 120_000 }, () => {
  it('name the nearest token for one that there is not, and never print the key', async () => {
    const { cwd, env, key } = await aRunningAgent();
    const { code, stderr } = await evertoken(['token', 'ordrs'], { cwd, env });
    expect(code).toBe(1);
    expect(stderr).toContain('Did you mean orders? There are: orders.');
    const wrong = await evertoken(['token', 'orders'], { cwd, env: { EVERTOKEN_APP_KEY: 'evk_wrong' } });
    expect([wrong.code, /Use a key that this agent knows/.test(wrong.stderr)]).toEqual([1, true]);
    expect(stderr + wrong.stderr).not.toContain(key);
  });

  it('tell check that the addresses are its own', async () => {
    const { cwd, env, file, running } = await aRunningAgent();
    const [, port = ''] = running.stderr.match(/http:\/\/127\.0\.0\.1:(\d+)/) ?? [];
    const text = await readFile(file, 'utf8');
    await writeFile(join(cwd, 'other.yaml'), text.replace('127.0.0.1:0', `127.0.0.1:${port}`));
    const { code, stdout } = await evertoken(['check', '--offline', '--config', 'other.yaml'], { cwd, env });
    expect(stdout).toMatch(/! listen .*is taken[\s\S]*An agent runs with this state folder/);
    expect(code).toBe(0);
  });

  it('print a credential that kubectl takes', async () => {
    const { cwd, env } = await aRunningAgent();
    const { stdout } = await evertoken(['token', 'orders', '--format', 'kubernetes-exec'], { cwd, env });
    expect(JSON.parse(stdout)).toEqual({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'token-1', expirationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string },
    });
  });
});

describe('evertoken start', { timeout: 120_000 }, () => {
  it('starts again where nothing can be written any more, and mints nothing', async () => {
    const { cwd, env, running, issuer } = await aRunningAgent();
    await running.stop();
    const start = [process.execPath, commandPath, 'start', '--log', 'json'];
    // As a full disk does, the limit lets a file be made and no byte be put into it.
    const again = spawnProcess('sh', ['-c', 'ulimit -f 0; exec "$@"', 'sh', ...start], { cwd, env: plainEnvironment(env) });
    onTestFinished(() => again.stop());
    await again.waitFor(/"event":"agent\.listening"/);
    expect((await again.waitFor(/"event":"env_file\.not_written".*/))[0]).toContain('EFBIG');
    expect(issuer.requests).toHaveLength(1);
  });

  it('says what mends it where it may open too few files', async () => {
    const start = [process.execPath, commandPath, 'start', '--config', 'evertoken.yaml'];
    const cwd = await freshFolder();
    await writeFile(join(cwd, 'evertoken.yaml'), 'tokens: {}\n');
    const limited = ['-c', 'ulimit -n 40; exec "$@"', 'sh', ...start];
    const { code, stderr } = await runProcess('sh', limited, { cwd, env: plainEnvironment() });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^✖ No more files can be opened \(EMFILE\)\n {2}to mend: .*ulimit -n/)]);
    expect(stderr).not.toContain('    at ');
  });

  it('writes the audit to standard output and all else to standard error', async () => {
    const { cwd, env, running } = await aRunningAgent();
    expect((await evertoken(['token', 'orders'], { cwd, env })).code).toBe(0);
    await running.waitFor(/"event":"token\.read"/);
    running.signal('SIGTERM');
    const { stdout, stderr } = await running.exit();
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ event, app, token }) => ({ event, app, token }))).toEqual([{ event: 'token.read', app: 'local', token: 'orders' }]);
    expect([stderr.includes('agent.listening'), stderr.includes('token.read')]).toEqual([true, false]);
  });
});
