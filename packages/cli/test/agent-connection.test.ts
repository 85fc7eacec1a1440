import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatEnvFile } from '../src/env-file.ts';
import { freshFolder } from './fresh-folder.ts';
import { aToken, run, secretKey } from './run-command.ts';
import { startScriptedAgent } from './scripted-agent.ts';

describe('the way to the agent', () => {
  it('is read from the file that the agent left in the state folder', async () => {
    const agent = await startScriptedAgent({ '/v1/tokens/orders': [200, aToken] });
    const cwd = await freshFolder();
    await writeFile(join(cwd, 'env'), formatEnvFile({ EVERTOKEN_URL: agent.url, EVERTOKEN_APP_KEY: secretKey }));
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
    const home = await freshFolder();
    await writeFile(join(home, 'env'), formatEnvFile({ EVERTOKEN_URL: byHome.url, EVERTOKEN_APP_KEY: 'key-of-home' }));
    await writeFile(join(home, 'other.key'), 'key-of-option\n');
    const env = { EVERTOKEN_URL: byEnv.url, EVERTOKEN_APP_KEY: 'key-of-env' };
    await run(['token', 'orders', '--home', home, '--url', `${byOption.url}/`, '--app-key-file', join(home, 'other.key')], { env });
    await run(['token', 'orders', '--home', home], { env });
    await run(['token', 'orders'], { env: { ...env, EVERTOKEN_HOME: home } });
    const keys = [byOption, byHome, byEnv].map((agent) => agent.seen.map((request) => request.headers.authorization));
    expect(keys).toEqual([['Bearer key-of-option'], ['Bearer key-of-home'], ['Bearer key-of-env']]);
  });

  it('may be a unix socket', async () => {
    const path = join(await freshFolder(), 'agent.sock');
    await startScriptedAgent({ '/v1/tokens/orders': [200, aToken] }, path);
    const { code } = await run(['token', 'orders', '--url', `unix:${path}`], { env: { EVERTOKEN_APP_KEY: secretKey } });
    expect(code).toBe(0);
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

  it.each([
    ['an address of another kind', { EVERTOKEN_URL: 'ftp://localhost', EVERTOKEN_APP_KEY: secretKey }, []],
    ['no key', { EVERTOKEN_URL: 'http://127.0.0.1:1' }, []],
    ['a key file that is not there', { EVERTOKEN_URL: 'http://127.0.0.1:1' }, ['--app-key-file', 'missing']],
  ])('ends with code 2 for %s', async (_case, env, options) => {
    expect((await run(['token', ...options], { env })).code).toBe(2);
  });
});
