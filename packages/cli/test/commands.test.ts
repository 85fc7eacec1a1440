import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatEnvFile } from '../src/env-file.ts';
import { runProgram } from '../src/program.ts';
import { freshFolder } from './fresh-folder.ts';
import { type Answer, startScriptedAgent } from './scripted-agent.ts';
import { aTerminal, type ScriptedTerminal } from './scripted-terminal.ts';

const secretKey = 'evk_key-of-the-app';
const token = { access_token: 'the-live-token', token_type: 'Bearer', expires_in: 3600, fingerprint: '0123456789abcdef', state: 'fresh' };
const aTokenStatus = (name: string, changes: object = {}): object => ({
  name,
  may_read: true,
  state: 'fresh',
  is_usable: true,
  is_suspect: false,
  token: { fingerprint: '0123456789abcdef', remaining_seconds: 86_340, runway_seconds: 86_330 },
  next_mint_at: '2030-01-01T12:00:00.000Z',
  ...changes,
});
const statusOf = (...tokens: object[]): Answer => [200, { app: 'local', tokens }];

async function withAgent(answers: Record<string, Answer>, facts: Partial<Parameters<typeof aTerminal>[0]> = {}) {
  const cwd = await freshFolder();
  const agent = await startScriptedAgent(answers);
  const terminal = aTerminal({ cwd, ...facts, env: { EVERTOKEN_URL: agent.url, EVERTOKEN_APP_KEY: secretKey, ...facts.env } });
  return { ...agent, cwd, terminal, run: (...args: string[]) => runProgram(args, terminal) };
}

async function run(
  args: string[],
  facts: Partial<Parameters<typeof aTerminal>[0]> = {},
): Promise<{ code: number; terminal: ScriptedTerminal }> {
  const terminal = aTerminal({ cwd: await freshFolder(), ...facts });
  return { code: await runProgram(args, terminal), terminal };
}

describe('evertoken token', () => {
  it('prints the bare live token and asks for it with the app key', async () => {
    const { run, terminal, seen } = await withAgent({ '/v1/tokens/orders': [200, token] });
    expect(await run('token', 'orders')).toBe(0);
    expect(terminal.printed).toEqual({ out: 'the-live-token\n', err: '' });
    expect(seen).toMatchObject([{ method: 'GET', headers: { authorization: `Bearer ${secretKey}` } }]);
  });

  it.each([
    [['--format', 'header'], 'Authorization: Bearer the-live-token\n'],
    [['--format', 'json'], `${JSON.stringify(token, undefined, 2)}\n`],
    [['--json'], `${JSON.stringify(token, undefined, 2)}\n`],
  ])('prints it with %j in that form', async (options, out) => {
    const { run, terminal } = await withAgent({ '/v1/tokens/orders': [200, token] });
    expect(await run('token', 'orders', ...options)).toBe(0);
    expect(terminal.printed.out).toBe(out);
  });

  it('hands on the life that is demanded, and quotes the name', async () => {
    const { run, seen } = await withAgent({ '/v1/tokens/a%2Fb?min_ttl=60': [200, token] });
    expect(await run('token', 'a/b', '--min-ttl', '60')).toBe(0);
    expect(seen.map((request) => request.url)).toEqual(['/v1/tokens/a%2Fb?min_ttl=60']);
  });

  it.each([
    ['the only one that may be read', [aTokenStatus('orders'), aTokenStatus('hidden', { may_read: false })], 'orders'],
    ['`default` among several', [aTokenStatus('orders'), aTokenStatus('default')], 'default'],
  ])('takes without a name %s', async (_case, tokens, name) => {
    const { run, terminal } = await withAgent({ '/v1/status': statusOf(...tokens), [`/v1/tokens/${name}`]: [200, token] });
    expect(await run('token')).toBe(0);
    expect(terminal.printed.out).toBe('the-live-token\n');
  });

  it('asks which one where there are several', async () => {
    const { run, terminal } = await withAgent({ '/v1/status': statusOf(aTokenStatus('a'), aTokenStatus('b')) });
    expect(await run('token')).toBe(2);
    expect(terminal.printed.err).toContain('There are several tokens: a, b');
  });

  it('tells what the agent says is wrong, and prints nothing else', async () => {
    const detail = 'No usable token `orders` is held. The issuer answered 401.';
    const { run, terminal, url } = await withAgent({ '/v1/tokens/orders': [503, { title: 'Service Unavailable', status: 503, detail }] });
    expect(await run('token', 'orders')).toBe(1);
    expect(terminal.printed.out).toBe('');
    expect(terminal.printed.err).toBe(
      [
        '✖ No usable token `orders` is held. The issuer answered 401',
        `  where:   ${url}/v1/tokens/orders (503)`,
        '  to mend: See what the issuer said with `evertoken status`; the agent goes on trying.',
        '',
      ].join('\n'),
    );
  });

  it('survives an agent that answers something else altogether', async () => {
    const { run, terminal } = await withAgent({ '/v1/tokens/orders': [200, '<html>'] });
    expect(await run('token', 'orders')).toBe(1);
    expect(terminal.printed.err).toContain('status 200 and no explanation');
  });

  it('never prints the app key, whatever goes wrong', async () => {
    const { run, terminal } = await withAgent({}, { env: { EVERTOKEN_DEBUG: '1' } });
    expect(await run('token', 'orders')).toBe(1);
    expect(terminal.printed.err).toContain('CliError');
    expect(terminal.printed.err).not.toContain(secretKey);
  });
});

describe('the way to the agent', () => {
  it('is read from the file that the agent left in the state folder', async () => {
    const agent = await startScriptedAgent({ '/v1/tokens/orders': [200, token] });
    const cwd = await freshFolder();
    await writeFile(join(cwd, 'env'), formatEnvFile({ EVERTOKEN_URL: agent.url, EVERTOKEN_APP_KEY: secretKey }));
    for (const facts of [{ args: ['--home', cwd] }, { args: [], env: { EVERTOKEN_HOME: cwd } }]) {
      const { code } = await run([...facts.args, 'token', 'orders'], { env: facts.env ?? {} });
      expect(code).toBe(0);
    }
  });

  it('prefers options to a named home, a named home to the environment, and that to the default home', async () => {
    const answers = { '/v1/tokens/orders': [200, token] as const };
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
    await startScriptedAgent({ '/v1/tokens/orders': [200, token] }, path);
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

describe('evertoken call', () => {
  const clients = [{ name: 'Default App' }];

  it('prints what the API answers as it is, through a pipe', async () => {
    const { run, terminal, seen } = await withAgent({ '/api/v2/clients?page=0': [200, clients] });
    expect(await run('call', 'get', '/api/v2/clients?page=0')).toBe(0);
    expect(terminal.printed.out).toBe('[{"name":"Default App"}]');
    expect(seen).toMatchObject([{ method: 'GET', headers: { authorization: `Bearer ${secretKey}` } }]);
  });

  it('prints readable JSON at a terminal, without control characters of others', async () => {
    const { run, terminal } = await withAgent({ '/api/v2/clients': [200, [{ name: 'evil\u009b31m' }]] }, { isTerminal: true });
    expect(await run('call', 'GET', '/api/v2/clients')).toBe(0);
    expect(terminal.printed.out).toBe('[\n  {\n    "name": "evil�31m"\n  }\n]\n');
  });

  it('ends with code 1 for a refusal and prints it all the same', async () => {
    const { run, terminal } = await withAgent({ '/api/v2/users': [403, { error: 'Forbidden' }] });
    expect(await run('call', 'GET', '/api/v2/users')).toBe(1);
    expect(terminal.printed).toEqual({ out: '{"error":"Forbidden"}', err: '' });
  });

  it('shows status and headers when asked to', async () => {
    const { run, terminal } = await withAgent({ '/api/v2/clients': [200, clients, { 'x-ratelimit-remaining': '49' }] });
    expect(await run('call', 'GET', '/api/v2/clients', '--include')).toBe(0);
    expect(terminal.printed.out).toMatch(/^HTTP 200\n[\s\S]*x-ratelimit-remaining: 49\n[\s\S]*\n\n\[\{"name"/);
  });

  it('names the token whose API is meant', async () => {
    const { run } = await withAgent({ '/proxy/orders/list': [200, []] });
    expect(await run('call', 'GET', '/list', '--token', 'orders')).toBe(0);
  });

  it('sends data from the command line, a file or standard input', async () => {
    const data = '{"name":"Report"}';
    const { run, seen, cwd } = await withAgent({ '/api/v2/clients': [201, {}] }, { input: data });
    await writeFile(join(cwd, 'client.json'), data);
    for (const source of [data, '@client.json', '-']) expect(await run('call', 'POST', '/api/v2/clients', '--data', source)).toBe(0);
    expect(seen.map(({ method, body, headers }) => [method, body, headers['content-type']])).toEqual(
      Array.from({ length: 3 }, () => ['POST', data, 'application/json']),
    );
  });

  it.each([
    ['a path without its slash', ['GET', 'api/v2/clients'], 'begins with /'],
    ['data that is no JSON', ['POST', '/api/v2/clients', '--data', '{name}'], 'The data is no JSON'],
    ['a data file that is not there', ['POST', '/api/v2/clients', '--data', '@missing'], 'cannot be read'],
  ])('refuses %s before it sends anything', async (_case, args, message) => {
    const { run, terminal, seen } = await withAgent({});
    expect(await run('call', ...args)).toBe(2);
    expect(terminal.printed.err).toContain(message);
    expect(seen).toEqual([]);
  });
});

describe('evertoken status', () => {
  it('shows each token, its state and what is left', async () => {
    const { run, terminal, url } = await withAgent({ '/v1/status': statusOf(aTokenStatus('default')) });
    expect(await run('status')).toBe(0);
    expect(terminal.printed.out).toContain(url);
    expect(terminal.printed.out).toMatch(/default.*fresh.*0123456789abcdef.*23 h 59 min.*2030-01-01/);
  });

  it('ends with code 1 where a token cannot be used, and tells why and what mends it', async () => {
    const failure = {
      code: 'access_denied',
      message: 'The issuer answered 401.',
      meaning: 'The secret is wrong.',
      step: 'Compare AUTH0_CLIENT_SECRET.',
    };
    const broken = aTokenStatus('default', { state: 'empty', is_usable: false, token: undefined, last_failure: failure });
    const { run, terminal } = await withAgent({ '/v1/status': statusOf(aTokenStatus('orders'), broken) });
    expect(await run('status')).toBe(1);
    expect(terminal.printed.out).toContain(
      'default: The issuer answered 401. (access_denied)\n  The secret is wrong.\n  to mend: Compare AUTH0_CLIENT_SECRET.\n',
    );
  });

  it('prints JSON for programs', async () => {
    const { run, terminal } = await withAgent({ '/v1/status': statusOf(aTokenStatus('default')) });
    expect(await run('status', '--json')).toBe(0);
    expect(JSON.parse(terminal.printed.out)).toMatchObject({ app: 'local', tokens: [{ name: 'default' }] });
  });
});

describe('evertoken env', () => {
  it('prints the variables for a shell, or as JSON', async () => {
    const home = await freshFolder();
    await writeFile(join(home, 'env'), formatEnvFile({ EVERTOKEN_URL: 'http://127.0.0.1:8400', ODD: "it's" }));
    expect((await run(['env', '--home', home])).terminal.printed.out).toBe(
      `export EVERTOKEN_URL='http://127.0.0.1:8400'\nexport ODD='it'\\''s'\n`,
    );
    expect(JSON.parse((await run(['env', '--home', home, '--json'])).terminal.printed.out)).toEqual({
      EVERTOKEN_URL: 'http://127.0.0.1:8400',
      ODD: "it's",
    });
  });

  it('ends with code 3 where no agent was started', async () => {
    const { code, terminal } = await run(['env']);
    expect([code, terminal.printed.out]).toEqual([3, '']);
  });
});

describe('the command line', () => {
  it.each(['dev', 'start', 'token', 'call', 'env', 'key new', 'status'])('helps with `%s`, with an example', async (command) => {
    const { code, terminal } = await run([...command.split(' '), '--help']);
    expect(code).toBe(0);
    expect(terminal.printed.out).toMatch(new RegExp(`Usage: evertoken ${command}`));
    expect(terminal.printed.out).toMatch(/Examples?:\n {2}\S/);
    expect(terminal.printed.out).toContain('--home <folder>');
  });

  it('tells its exit codes and its version', async () => {
    expect((await run(['--help'])).terminal.printed.out).toContain('3 no agent is running');
    const { code, terminal } = await run(['--version']);
    expect(code).toBe(0);
    expect(terminal.printed.out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    ['an unknown command', ['tokens'], "unknown command 'tokens'"],
    ['an unknown option', ['token', '--frmat', 'json'], "unknown option '--frmat'"],
    ['an unknown format', ['token', '--format', 'xml'], 'Allowed choices are value, json, header'],
    ['a port that is none', ['dev', '--agent-port', '70000'], 'from 0 to 65535'],
    ['a lifetime of nothing', ['dev', '--token-lifetime', '0'], 'at least 1'],
    ['options that exclude each other', ['start', '--listen', 'http://127.0.0.1:1', '--agent-port', '1'], 'cannot be used with'],
    ['a missing argument', ['call', 'GET'], "missing required argument 'PATH'"],
    ['an argument too much', ['status', 'now'], 'too many arguments'],
  ])('refuses %s with code 2', async (_case, args, message) => {
    const { code, terminal } = await run(args);
    expect(code).toBe(2);
    expect(terminal.printed.err).toMatch(/^✖ /);
    expect(terminal.printed.err).toContain(message);
    expect(terminal.printed.out).toBe('');
  });

  it('shows what there is when it is called with nothing', async () => {
    const { code, terminal } = await run([]);
    expect(code).toBe(2);
    expect(terminal.printed.err).toContain('Commands:');
  });
});
