import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openLocalCa, openStateFolder } from '@evertoken/service';
import { freshFolder, plainEnvironment, runProcess } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { formatEnvFile } from '../src/env-file.ts';
import { aHeldFolder } from './held-folder.ts';
import { aToken, aTokenStatus, run, secretKey, statusOf } from './run-command.ts';
import { startScriptedAgent } from './scripted-agent.ts';

describe('the way to the agent', () => {
  it('is read from the file that the agent left in the state folder', async () => {
    const agent = await startScriptedAgent({ '/v1/tokens/orders': [200, aToken] });
    const { home: cwd } = await aHeldFolder({ EVERTOKEN_URL: agent.url, EVERTOKEN_APP_KEY: secretKey });
    for (const facts of [{ args: ['--home', cwd] }, { args: [], env: { EVERTOKEN_HOME: cwd } }]) {
      const { code } = await run([...facts.args, 'token', 'orders'], { env: facts.env ?? {} });
      expect(code).toBe(0);
    }
  });

  it('prefers options to a named home, a named home to the environment, and that to the default home', async () => {
    const answers = { '/v1/tokens/orders': [200, aToken] as const };
    const [byOption, byHome, byEnv] = [
      await startScriptedAgent(answers),
      await startScriptedAgent(answers),
      await startScriptedAgent(answers),
    ];
    const { home } = await aHeldFolder({ EVERTOKEN_URL: byHome.url, EVERTOKEN_APP_KEY: 'key-of-home' });
    await writeFile(join(home, 'other.key'), 'key-of-option\n');
    const env = { EVERTOKEN_URL: byEnv.url, EVERTOKEN_APP_KEY: 'key-of-env' };
    await run(['token', 'orders', '--home', home, '--url', `${byOption.url}/`, '--app-key-file', join(home, 'other.key')], { env });
    await run(['token', 'orders', '--home', home], { env });
    await run(['token', 'orders'], { env: { ...env, EVERTOKEN_HOME: home } });
    const keys = [byOption, byHome, byEnv].map((agent) => agent.seen.map((request) => request.headers.authorization));
    expect(keys).toEqual([['Bearer key-of-option'], ['Bearer key-of-home'], ['Bearer key-of-env']]);
  });

  it('goes to the agent of a named home with the key of the environment, where the home has none', async () => {
    const agent = await startScriptedAgent({ '/v1/tokens/orders': [200, aToken] });
    const { home } = await aHeldFolder({ EVERTOKEN_URL: agent.url });
    const { code } = await run(['token', 'orders', '--home', home], { env: { EVERTOKEN_APP_KEY: 'key-of-env' } });
    expect([code, agent.seen[0]?.headers.authorization]).toEqual([0, 'Bearer key-of-env']);
  });

  const spoilt: [what: string, spoil: (path: string) => Promise<void>][] = [
    ['that others may write', (path) => chmod(path, 0o622)],
    ['that others may read, as in somebody else’s repository', (path) => chmod(path, 0o644)],
  ];
  if (process.getuid?.() === 0) spoilt.push(['of another user', (path) => chown(path, 65_534, 65_534)]);

  it.each(spoilt)('is never taken from a file %s: no key goes there, no variable is printed', async (_case, spoil) => {
    const agent = await startScriptedAgent({ '/v1/tokens/orders': [200, aToken] });
    const { home } = await aHeldFolder({ EVERTOKEN_URL: agent.url, LD_PRELOAD: '/tmp/strange.so' });
    const path = join(home, 'env');
    const env = { EVERTOKEN_APP_KEY: secretKey };
    expect((await run(['token', 'orders', '--home', home], { env })).code).toBe(0);
    await spoil(path);
    for (const command of [['token', 'orders'], ['env']]) {
      const { code, terminal } = await run([...command, '--home', home], { env });
      expect([code, terminal.printed.out]).toEqual([1, '']);
      expect(terminal.printed.err).toContain(`where:   ${path}`);
    }
    expect(agent.seen).toHaveLength(1);
    // Who names both needs no such file.
    expect((await run(['token', 'orders', '--url', agent.url], { env: { ...env, EVERTOKEN_HOME: home } })).code).toBe(0);
  });

  it.each(['http://127.0.0.1:99999', 'http://[::1', 'http://bad host', 'foo', 'unix:'])('cannot be the address %s', async (url) => {
    const { code, terminal } = await run(['status'], { env: { EVERTOKEN_URL: url, EVERTOKEN_APP_KEY: secretKey } });
    expect(code).toBe(2);
    expect(terminal.printed.err).toContain(`The address of the agent cannot be read\n  where:   ${url}\n`);
  });

  it.each(['http://me:s3cret-w0rd@[::1', 'http://me:s3cret-w0rd@agent.example:8400'])('does not show the password in %s', async (url) => {
    const { code, terminal } = await run(['status'], { env: { EVERTOKEN_URL: url, EVERTOKEN_APP_KEY: secretKey } });
    expect([code, terminal.printed.err.includes('s3cret-w0rd')]).toEqual([2, false]);
  });

  it('takes a key with the line break that a secret often has at its end, and nothing that cannot be one', async () => {
    const agent = await startScriptedAgent({ '/v1/tokens/orders': [200, aToken] });
    const env = (key: string) => ({ env: { EVERTOKEN_URL: agent.url, EVERTOKEN_APP_KEY: key } });
    expect((await run(['token', 'orders'], env(`${secretKey}\n`))).code).toBe(0);
    expect(agent.seen[0]?.headers.authorization).toBe(`Bearer ${secretKey}`);
    const file = join(await freshFolder(), 'app.key');
    for (const key of [`${secretKey}\n${secretKey}`, `${secretKey} ${secretKey}`, 'evk_schlüssel']) {
      await writeFile(file, key);
      const byVariable = await run(['token', 'orders'], env(key));
      const byFile = await run(['token', 'orders', '--app-key-file', file], env(''));
      expect([byVariable.code, byFile.code]).toEqual([2, 2]);
      expect(byVariable.terminal.printed.err).toMatch(/a key is one word of ASCII[\s\S]*where: {3}EVERTOKEN_APP_KEY\n/);
      expect(byFile.terminal.printed.err).toContain(`where:   ${file}\n`);
      expect(byVariable.terminal.printed.err + byFile.terminal.printed.err).not.toContain('evk_');
    }
    expect(agent.seen).toHaveLength(1);
  });

  it('ends with code 3 and sends no key where the agent that left it has ended: another may listen there now', async () => {
    const stranger = await startScriptedAgent({ '/v1/status': statusOf(aTokenStatus('orders')), '/v1/tokens/orders': [200, aToken] });
    const { home, letGo } = await aHeldFolder({ EVERTOKEN_URL: stranger.url, EVERTOKEN_APP_KEY: secretKey });
    expect((await run(['status', '--home', home])).code).toBe(0);
    await letGo();
    const commands = [['status'], ['token', 'orders'], ['call', 'GET', '/x'], ['exec', '-t', 'orders=T', '--', 'true'], ['env']];
    for (const command of commands) {
      const { code, terminal } = await run(command, { env: { EVERTOKEN_HOME: home } });
      expect([command, code, terminal.printed.out]).toEqual([command, 3, '']);
      expect(terminal.printed.err).toMatch(/No agent runs with this state folder[\s\S]*evertoken start/);
    }
    expect(stranger.seen).toHaveLength(1);
    // Who names the address needs no agent of this folder.
    expect((await run(['status', '--url', stranger.url], { env: { EVERTOKEN_HOME: home } })).code).toBe(0);
  });

  it('ends with code 3 where the agent was killed, and its socket is still there', async () => {
    const stranger = await startScriptedAgent({ '/v1/status': statusOf(aTokenStatus('orders')) });
    const home = await freshFolder();
    await writeFile(join(home, 'env'), formatEnvFile({ EVERTOKEN_URL: stranger.url, EVERTOKEN_APP_KEY: secretKey }), { mode: 0o600 });
    const script = `require('net').createServer().listen(${JSON.stringify(join(home, 'control.sock'))}, () => process.kill(process.pid, 'SIGKILL'))`;
    await runProcess(process.execPath, ['-e', script], { env: plainEnvironment() });
    expect(await readdir(home)).toContain('control.sock');
    expect((await run(['status', '--home', home])).code).toBe(3);
    expect(stranger.seen).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('is read also in a folder whose path is too long for a socket', async () => {
    const agent = await startScriptedAgent({ '/v1/tokens/orders': [200, aToken] });
    const long = join(await freshFolder(), randomBytes(60).toString('hex'));
    await mkdir(long, { mode: 0o700 });
    const { letGo } = await aHeldFolder({ EVERTOKEN_URL: agent.url, EVERTOKEN_APP_KEY: secretKey }, long);
    expect((await run(['token', 'orders', '--home', long])).code).toBe(0);
    await letGo();
    expect((await run(['token', 'orders', '--home', long])).code).toBe(3);
  });

  describe('with no key given', () => {
    /** A folder that an agent with these keys of `evertoken init` holds. */
    async function aFolderWith(...names: string[]) {
      const agent = await startScriptedAgent({ '/v1/tokens/orders': [200, aToken] });
      const { home } = await aHeldFolder({ EVERTOKEN_URL: agent.url });
      await mkdir(join(home, 'keys'), { mode: 0o700 });
      for (const name of names) await writeFile(join(home, 'keys', name), `key-of-${name}\n`, { mode: 0o600 });
      return { agent, home, keys: () => agent.seen.map(({ headers }) => headers.authorization) };
    }

    it('takes the one that init made in the state folder', async () => {
      const { home, keys } = await aFolderWith('local.key', 'README');
      expect((await run(['token', 'orders', '--home', home])).code).toBe(0);
      await run(['token', 'orders', '--home', home], { env: { EVERTOKEN_APP_KEY: 'key-of-env' } });
      expect(keys()).toEqual(['Bearer key-of-local.key', 'Bearer key-of-env']);
    });

    it('names them where there are several, and the option to choose', async () => {
      const { home, keys } = await aFolderWith('report.key', 'local.key');
      const { code, terminal } = await run(['token', 'orders', '--home', home]);
      expect([code, terminal.printed.err]).toEqual([
        2,
        expect.stringMatching(/several app keys: local\.key, report\.key[\s\S]*--app-key-file \S+local\.key/) as string,
      ]);
      expect(keys()).toEqual([]);
    });

    it('takes none that others may read, and sends none to an address from elsewhere', async () => {
      const { agent, home, keys } = await aFolderWith('local.key');
      const elsewhere = await run(['token', 'orders', '--url', agent.url], { env: { EVERTOKEN_HOME: home } });
      expect([elsewhere.code, elsewhere.terminal.printed.err.includes('No app key is known')]).toEqual([2, true]);
      await chmod(join(home, 'keys/local.key'), 0o644);
      expect((await run(['token', 'orders', '--home', home])).code).toBe(1);
      expect(keys()).toEqual([]);
    });
  });

  it('may be a unix socket', async () => {
    const path = join(await freshFolder(), 'agent.sock');
    await startScriptedAgent({ '/v1/tokens/orders': [200, aToken] }, path);
    const { code } = await run(['token', 'orders', '--url', `unix:${path}`], { env: { EVERTOKEN_APP_KEY: secretKey } });
    expect(code).toBe(0);
  });

  it('may be a socket bound to an app, which is asked with no key', async () => {
    const path = join(await freshFolder(), 'report.sock');
    const agent = await startScriptedAgent({ '/v1/tokens/orders': [200, aToken] }, path);
    const { code } = await run(['token', 'orders', '--url', `unix:${path}`]);
    expect([code, agent.seen.map(({ headers }) => headers.authorization)]).toEqual([0, [undefined]]);
  });

  it.each([
    ['nothing says where it is', {}],
    ['nobody listens there', { EVERTOKEN_URL: 'http://127.0.0.1:1', EVERTOKEN_APP_KEY: secretKey }],
    ['its socket is gone', { EVERTOKEN_URL: 'unix:/nonexistent/agent.sock', EVERTOKEN_APP_KEY: secretKey }],
  ])('ends with code 3 where %s', async (_case, env) => {
    const { code, terminal } = await run(['token'], { env });
    expect(code).toBe(3);
    expect(terminal.printed.err).toMatch(/✖ No agent .*\n {2}where: .*\n {2}to mend: Start one with `evertoken dev`/);
  });

  it('says that the certificate is not trusted only where it is the certificate', async () => {
    const ca = await openLocalCa(await openStateFolder(await freshFolder()));
    const [plain, secure] = [await startScriptedAgent({}), createServer(await ca.serverCertificate(['localhost']))];
    await new Promise<void>((resolve) => secure.listen(0, 'localhost', resolve));
    onTestFinished(async () => void (await new Promise((resolve) => secure.close(resolve))));
    const said = async (url: string): Promise<string> => {
      const { code, terminal } = await run(['token', 'orders', '--url', url], { env: { EVERTOKEN_APP_KEY: secretKey } });
      expect(code).toBe(1);
      return terminal.printed.err;
    };
    expect(await said(`https://localhost:${(secure.address() as AddressInfo).port}`)).toMatch(/certificate of the agent is not trusted/);
    const ofPlain = await said(plain.url.replace('http:', 'https:'));
    expect(ofPlain).toMatch(/broke off \((?:EPROTO|ERR_SSL_\w+)\)[\s\S]*write http:\/\/ and not https:\/\//);
    expect(ofPlain).not.toContain('certificate');
  });

  it.each([
    [
      'another machine by http, which would show the key to all between',
      { EVERTOKEN_URL: 'http://192.0.2.1:8400', EVERTOKEN_APP_KEY: secretKey },
      [],
    ],
    ['an address of another kind', { EVERTOKEN_URL: 'ftp://localhost', EVERTOKEN_APP_KEY: secretKey }, []],
    ['no key', { EVERTOKEN_URL: 'http://127.0.0.1:1' }, []],
    ['a key file that is not there', { EVERTOKEN_URL: 'http://127.0.0.1:1' }, ['--app-key-file', 'missing']],
  ])('ends with code 2 for %s', async (_case, env, options) => {
    expect((await run(['token', ...options], { env })).code).toBe(2);
  });
});
