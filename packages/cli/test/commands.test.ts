import { createHash } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freshFolder } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { aHeldFolder } from './held-folder.ts';
import { aTokenStatus, run, secretKey, statusOf, withAgent } from './run-command.ts';

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
    expect(await run('call', 'GET', '/api/v2/clients', '--json')).toBe(0);
    expect(terminal.printed.out).toBe('[\n  {\n    "name": "evil�31m"\n  }\n]\n');
  });

  it('ends with code 1 for a refusal and prints it all the same', async () => {
    const { run, terminal } = await withAgent({ '/api/v2/users': [403, { error: 'Forbidden' }] });
    expect(await run('call', 'GET', '/api/v2/users')).toBe(1);
    expect(terminal.printed).toEqual({ out: '{"error":"Forbidden"}', err: '' });
  });

  it('tells the status of a refusal that has no body, on standard error', async () => {
    const answers = { '/gone': [410, ''] as const, '/gone?page=0': [410, ''] as const };
    for (const isTerminal of [false, true]) {
      const { run, terminal } = await withAgent(answers, { isTerminal });
      expect(await run('call', 'GET', '/gone')).toBe(1);
      expect(terminal.printed).toEqual({ out: '', err: 'The answer has no body: HTTP 410 Gone.\n' });
    }
    const paged = await withAgent(answers);
    expect(await paged.run('call', 'GET', '/gone?page=0', '--paginate')).toBe(1);
    expect(paged.terminal.printed).toEqual({ out: '', err: 'The answer has no body: HTTP 410 Gone.\n' });
    const shown = await withAgent(answers);
    expect(await shown.run('call', 'GET', '/gone', '--include')).toBe(1);
    expect([shown.terminal.printed.out.startsWith('HTTP 410\n'), shown.terminal.printed.err]).toEqual([true, '']);
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
    ['a method that HTTP does not know', ['FOO', '/api/v2/clients'], 'HTTP has no method FOO'],
    ['a tunnel', ['connect', '/api/v2/clients'], 'HTTP has no method CONNECT'],
    ['data that is no JSON', ['POST', '/api/v2/clients', '--data', '{name}'], 'The data is no JSON'],
    ['a data file that is not there', ['POST', '/api/v2/clients', '--data', '@missing'], 'cannot be read'],
  ])('refuses %s before it sends anything', async (_case, args, message) => {
    const { run, terminal, seen } = await withAgent({});
    expect(await run('call', ...args)).toBe(2);
    expect(terminal.printed.err).toContain(message);
    expect(seen).toEqual([]);
  });

  it('says where data is no JSON, and nothing of the data: there may be a secret in it', async () => {
    const { run, terminal } = await withAgent({});
    for (const data of ['{"client_secret":"s3cret"', '{"client_secret":s3cret}', 's3cret']) {
      expect(await run('call', 'POST', '/api/v2/clients', '--data', data)).toBe(2);
    }
    expect(terminal.printed.err).toContain('The data is no JSON: it breaks at position 25\n  where:   --data\n');
    expect(terminal.printed.err).not.toContain('s3cret');
  });
});

describe('evertoken status', () => {
  it('shows each token, its state and what is left', async () => {
    const { run, terminal, url } = await withAgent({ '/v1/status': statusOf(aTokenStatus('default')) });
    expect(await run('status')).toBe(0);
    expect(terminal.printed.out).toContain(url);
    expect(terminal.printed.out).toMatch(/default.*fresh.*0123456789abcdef.*23 h 59 min.*2030-01-01/);
  });

  it.each<[string, object, RegExp, RegExp | undefined]>([
    ['all is well', {}, /redis, shared/, undefined],
    ['the shared store is away', { is_degraded: true }, /redis, away: each agent mints for itself/, undefined],
    ['the disk takes nothing', { has_unsaved_tokens: true }, /redis, shared/, /disk +takes no token/],
  ])('tells how the store stands where %s', async (_what, standing, store, disk) => {
    const status = { app: 'local', store: { kind: 'redis', writer: 'host/1', ...standing }, tokens: [aTokenStatus('default')] };
    const { run, terminal } = await withAgent({ '/v1/status': [200, status] });
    expect(await run('status')).toBe(0);
    expect(terminal.printed.out).toMatch(store);
    if (disk === undefined) expect(terminal.printed.out).not.toContain('disk');
    else expect(terminal.printed.out).toMatch(disk);
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

  it.each([
    ['nothing', {}],
    ['no list of tokens', { app: 'local', tokens: {} }],
    ['a token of which nothing is said', { app: 'local', tokens: [{ name: 'default' }] }],
    ['something that is no token', { app: 'local', tokens: ['default'] }],
  ])('takes nobody for an agent who answers with %s', async (_what, body) => {
    for (const options of [[], ['--json']]) {
      const { run, terminal, url } = await withAgent({ '/v1/status': [200, body] });
      expect([await run('status', ...options), terminal.printed.out]).toEqual([1, '']);
      expect(terminal.printed.err).toMatch(/What answered as the agent told no state of tokens\n[\s\S]*address is that of an agent/);
      expect(terminal.printed.err).toContain(`${url}/v1/status`);
    }
  });

  it('prints JSON for programs', async () => {
    const { run, terminal } = await withAgent({ '/v1/status': statusOf(aTokenStatus('default')) });
    expect(await run('status', '--json')).toBe(0);
    expect(JSON.parse(terminal.printed.out)).toMatchObject({ app: 'local', tokens: [{ name: 'default' }] });
  });
});

describe('evertoken env', () => {
  it('prints the variables for a shell, or as JSON', async () => {
    const { home } = await aHeldFolder({ EVERTOKEN_URL: 'http://127.0.0.1:8400', ODD: "it's" });
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

describe('evertoken key new', () => {
  const hashOf = (key: string) => createHash('sha256').update(key).digest('hex');

  it('prints the key once, and its hash in quotes, so that YAML takes a hash of digits for text', async () => {
    const { code, terminal } = await run(['key', 'new', 'report']);
    expect(code).toBe(0);
    const [, key = ''] = terminal.printed.out.match(/^(evk_\w+)$/m) ?? [];
    expect(terminal.printed.out.split(key)).toHaveLength(2);
    expect(terminal.printed.out).toContain(`apps:\n  report:\n    key_sha256: "${hashOf(key)}"\n`);
  });

  it('prints them as JSON for programs', async () => {
    const { terminal } = await run(['key', 'new', 'report', '--json']);
    const { app, key, sha256 } = JSON.parse(terminal.printed.out) as { app: string; key: string; sha256: string };
    expect([app, sha256]).toEqual(['report', hashOf(key)]);
  });

  it('prints lines that fit into the config that there is, which is whole again when they are pasted', async () => {
    const cwd = await freshFolder();
    const file = join(cwd, 'evertoken.yaml');
    const text = `tokens:
  management: { domain: acme.eu.auth0.com, client_id: m2m, client_secret: hush-hush-hush }
  orders: { domain: acme.eu.auth0.com, client_id: m2m, client_secret: hush-hush-hush, audience: "https://orders.example.com" }
listen: http://127.0.0.1:0
apps:
  local: { key_sha256: "${'0'.repeat(64)}", tokens: [management] }
`;
    await writeFile(file, text, { mode: 0o600 });
    const made = async (app: string) => (await run(['key', 'new', app], { cwd })).terminal.printed.out;
    const linesOf = (printed: string) => printed.slice(printed.lastIndexOf('\n\n') + 2);

    const first = await made('report');
    expect(first).toContain('In evertoken.yaml, below apps; of the tokens leave those that it is to have:\n');
    await writeFile(file, text + linesOf(first));
    expect((await run(['check', '--offline'], { cwd })).terminal.printed.out).toContain('report');
    // A further key of the same app.
    const second = await made('report');
    await writeFile(file, text + linesOf(first) + linesOf(second));
    const { code, terminal } = await run(['key', 'list', '--json'], { cwd });
    const apps = JSON.parse(terminal.printed.out) as { app: string; keys: object[]; tokens: string[] }[];
    expect([code, apps.map(({ app, keys, tokens }) => [app, keys.length, tokens])]).toEqual([
      0,
      [
        ['local', 1, ['management']],
        ['report', 2, ['management', 'orders']],
      ],
    ]);
  });

  it('goes by the config that --config names, and by its names alone, whatever is still missing in it', async () => {
    const cwd = await freshFolder();
    await writeFile(join(cwd, 'other.yaml'), 'tokens: { orders: {} }\n', { mode: 0o600 });
    const { terminal } = await run(['key', 'new', 'report', '--config', 'other.yaml'], { cwd });
    expect(terminal.printed.out).toMatch(/In other\.yaml:\n\napps:\n {2}report:\n.*\n {4}tokens: \[orders\]\n$/);
    const missing = await run(['key', 'new', 'report', '--config', 'none.yaml'], { cwd });
    expect([missing.code, missing.terminal.printed.out]).toEqual([2, '']);
  });

  it.each(['apps: {}', 'apps:', 'apps: # none yet'])('prints lines to be put in place of %s', async (empty) => {
    const cwd = await freshFolder();
    const file = join(cwd, 'evertoken.yaml');
    const text = 'tokens:\n  orders: { domain: acme.eu.auth0.com, client_id: m2m, client_secret: hush-hush-hush }\n';
    await writeFile(file, `${text}${empty}\n`, { mode: 0o600 });
    const { out } = (await run(['key', 'new', 'report'], { cwd })).terminal.printed;
    expect(out).toContain('In evertoken.yaml, in place of the empty apps:\n\napps:\n  report:\n');
    await writeFile(file, text + out.slice(out.lastIndexOf('\n\n') + 2));
    expect((await run(['key', 'list'], { cwd })).terminal.printed.out).toMatch(/report .*orders/);
  });

  it.each([
    ['is no YAML', 'apps: [', 0o600],
    ['may be written by others', 'apps:\n', 0o666],
  ])('makes a key beside a config that %s, and says that it was not read', async (_why, text, mode) => {
    const cwd = await freshFolder();
    await writeFile(join(cwd, 'evertoken.yaml'), text);
    await chmod(join(cwd, 'evertoken.yaml'), mode);
    const { code, terminal } = await run(['key', 'new', 'report'], { cwd });
    expect(code).toBe(0);
    expect(terminal.printed.out).toMatch(/^evk_\w+\n\n.*\nevertoken\.yaml was not read: .*\n.*\n\napps:\n/);
    const named = await run(['key', 'new', 'report', '--config', 'evertoken.yaml'], { cwd });
    expect(named.code).toBe(text === 'apps:\n' ? 0 : 2);
    // JSON has no lines for a file.
    const json = await run(['key', 'new', 'report', '--config', 'none.yaml', '--json'], { cwd });
    expect([json.code, Object.keys(JSON.parse(json.terminal.printed.out) as object)]).toEqual([0, ['app', 'key', 'sha256']]);
  });

  it('refuses a name that YAML or a log would not take as it is', async () => {
    const { code, terminal } = await run(['key', 'new', 'a: b']);
    expect([code, terminal.printed.out]).toEqual([2, '']);
  });
});

describe('evertoken store-key new', () => {
  it('prints lines that the agent takes, with the key in the variable that they name', async () => {
    const cwd = await freshFolder();
    const { out } = (await run(['store-key', 'new'], { cwd })).terminal.printed;
    const [key = ''] = out.split('\n');
    const text = `tokens:
  orders: { issuer: "http://127.0.0.1:1", client_id: m2m, client_secret: hush-hush-hush }
apps:
  local: { key_sha256: "${'0'.repeat(64)}", tokens: [orders] }
listen: http://127.0.0.1:0
${out.slice(out.indexOf('store:'))}`;
    await writeFile(join(cwd, 'evertoken.yaml'), text, { mode: 0o600 });
    const env = { EVERTOKEN_STORE_KEY: key, REDIS_URL: 'redis://127.0.0.1:1' };
    const { code, terminal } = await run(['check', '--offline'], { cwd, env });
    // All that it finds is that there is no Redis there: 2 is for a config that is wrong.
    expect([code, terminal.printed.err]).toEqual([1, '']);
    expect(terminal.printed.out.match(/✖.*/g)).toEqual([expect.stringMatching(/redis/i)]);
  });
});
