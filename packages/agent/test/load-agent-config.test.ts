import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStateFolder, type StateFolder } from '@evertoken/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentError } from '../src/agent-error.ts';
import { newAppKey } from '../src/apps/app-key.ts';
import type { AgentConfig } from '../src/config/agent-config.ts';
import { type AgentConfigSource, loadAgentConfig } from '../src/config/load-agent-config.ts';

const auth0 = { AUTH0_DOMAIN: 'acme.eu.auth0.com', AUTH0_CLIENT_ID: 'abc', AUTH0_CLIENT_SECRET: 's3cret' };

let home: string;
let folder: StateFolder;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'evertoken-config-'));
  folder = await openStateFolder(join(home, 'state'));
});

afterEach(() => rm(home, { recursive: true, force: true }));

async function load(yaml: string, options: Partial<AgentConfigSource> = {}): Promise<AgentConfig> {
  const file = join(home, 'evertoken.yaml');
  await writeFile(file, yaml);
  return loadAgentConfig({ file, env: {}, folder, ...options });
}

async function problemsOf(loading: Promise<unknown>): Promise<{ error: AgentError; lines: string[] }> {
  const error = await loading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AgentError)) throw new Error('expected an AgentError');
  expect(error.code).toBe('config_invalid');
  return { error, lines: error.problems.map(({ path, line, message }) => `${line ?? '-'} ${path}: ${message}`) };
}

const { sha256 } = newAppKey();
const app = `
apps:
  report:
    key_sha256: ${sha256}
    tokens: [management]
`;
const token = `
tokens:
  management:
    domain: acme.eu.auth0.com
    client_id: abc
    client_secret: s3cret
`;

describe('without a file', () => {
  it('makes the token `default` of AUTH0_* and asks for the app `local`', async () => {
    const config = await loadAgentConfig({ env: auth0, folder });
    expect(config.tokens).toHaveLength(1);
    expect(config.tokens[0]).toMatchObject({
      name: 'default',
      request: { domain: 'acme.eu.auth0.com', clientId: 'abc', clientSecret: 's3cret' },
      apiOrigin: 'https://acme.eu.auth0.com',
      places: { clientSecret: 'AUTH0_CLIENT_SECRET' },
    });
    expect(config.hasDefaultApp).toBe(true);
    expect(config.store.folder).toBe(join(home, 'state', 'tokens'));
  });

  it('takes AUTH0_AUDIENCE and AUTH0_SCOPE', async () => {
    const env = { ...auth0, AUTH0_AUDIENCE: 'https://orders.example.com/v1', AUTH0_SCOPE: 'read:orders' };
    const [only] = (await loadAgentConfig({ env, folder })).tokens;
    expect(only?.request).toMatchObject({ audience: 'https://orders.example.com/v1', scope: 'read:orders' });
    expect(only?.apiOrigin).toBe('https://orders.example.com');
  });

  it('names all missing variables in one error', async () => {
    const { error } = await problemsOf(loadAgentConfig({ env: { AUTH0_CLIENT_ID: 'abc', AUTH0_DOMAIN: '' }, folder }));
    expect(error.message).toContain('AUTH0_DOMAIN and AUTH0_CLIENT_SECRET are not set');
    expect(error.message).not.toContain('AUTH0_CLIENT_ID');
    expect(error.step).not.toBe('');
  });

  it('says how a domain is written', async () => {
    const { lines } = await problemsOf(loadAgentConfig({ env: { ...auth0, AUTH0_DOMAIN: 'https://acme.eu.auth0.com/' }, folder }));
    expect(lines).toEqual([
      '- AUTH0_DOMAIN: `https://acme.eu.auth0.com/` is to be a host alone, without https:// and path: `acme.eu.auth0.com`',
    ]);
  });

  it('listens on a unix socket in the state folder, on http and on https', async () => {
    const { listen, notes } = await loadAgentConfig({ env: auth0, folder });
    expect(listen).toEqual([
      { kind: 'unix', path: join(home, 'state', 'agent.sock'), mode: 0o600 },
      { kind: 'http', host: '127.0.0.1', port: 8400 },
      { kind: 'https', host: 'localhost', port: 8401 },
    ]);
    expect(notes).toEqual([]);
  });

  it('leaves the unix socket out, with a note, where its path is too long', async () => {
    const deep = await openStateFolder(join(home, 'x'.repeat(100)));
    const { listen, notes } = await loadAgentConfig({ env: auth0, folder: deep });
    expect(listen.map((address) => address.kind)).toEqual(['http', 'https']);
    expect(notes).toEqual([expect.stringContaining('longer than 107 bytes')]);
  });

  it('listens where it is told to instead, and refuses what is no address', async () => {
    expect((await loadAgentConfig({ env: auth0, folder, listen: ['http://127.0.0.1:0'] })).listen).toEqual([
      { kind: 'http', host: '127.0.0.1', port: 0 },
    ]);
    const { lines } = await problemsOf(loadAgentConfig({ env: auth0, folder, listen: ['http://10.0.0.1:80', 'ftp://x'] }));
    expect(lines).toHaveLength(2);
  });
});

describe('a config file', () => {
  it('is read whole and frozen', async () => {
    const config = await load(
      `
tokens:
  management:
    domain: acme.eu.auth0.com
    client_id: { env: CLIENT }
    client_secret: s3cret
    scope: [read:clients, create:clients]
  orders:
    token_endpoint: https://login.example.com/oauth/token
    client_id: orders-worker
    client_secret: s3cret
    token_endpoint_auth_method: client_secret_basic
    audience: urn:orders
    organization: org_1
    api: https://orders.example.com
apps:
  report:
    key_sha256: [${sha256}, ${sha256.toUpperCase()}]
    tokens: [management]
    proxy: { orders: ["GET /v1/orders/*"] }
listen: [http://127.0.0.1:0]
store: { file: { folder: kept } }
`,
      { env: { CLIENT: 'from-env' } },
    );
    expect(config.tokens).toMatchObject([
      {
        name: 'management',
        apiOrigin: 'https://acme.eu.auth0.com',
        request: { clientId: 'from-env', scope: ['read:clients', 'create:clients'] },
      },
      {
        name: 'orders',
        apiOrigin: 'https://orders.example.com',
        request: {
          tokenEndpoint: 'https://login.example.com/oauth/token',
          clientAuthentication: 'client_secret_basic',
          organization: 'org_1',
        },
      },
    ]);
    expect(config.apps).toMatchObject([{ name: 'report', keys: [{ hash: sha256 }, { hash: sha256 }], tokens: ['management'] }]);
    expect(config.apps[0]?.proxy.get('orders')).toMatchObject([{ text: 'GET /v1/orders/*' }]);
    expect(config.hasDefaultApp).toBe(false);
    expect(config.store.folder).toBe(join(home, 'kept'));
    expect(Object.isFrozen(config) && Object.isFrozen(config.tokens[0]?.request)).toBe(true);
  });

  it('may leave the token to the environment', async () => {
    const config = await load(app.replace('management', 'default'), { env: auth0 });
    expect(config.tokens.map(({ name }) => name)).toEqual(['default']);
  });

  it('reports every mistake at once, with path, line and the nearest name', async () => {
    const { error, lines } = await problemsOf(
      load(`tokens:
  management:
    domian: acme.eu.auth0.com
    client_id: 42
    client_secret: { file: missing-secret }
  orders:
    domain: https://acme.eu.auth0.com
    client_id: { env: NOT_SET }
    client_secret: { evn: X }
apps:
  report:
    key_sha256: abc
    tokens: [managment]
    proxy:
      orders: ["GETT /v1"]
rate: 20/s
`),
    );
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^16 : unknown key `rate`; known: `tokens`, `apps`, `files`, `listen`, /),
        '3 tokens.management: unknown key `domian`; did you mean `domain`?',
        '2 tokens.management: name the issuer by exactly one of `domain`, `issuer`, `token_endpoint`',
        expect.stringMatching(/^4 tokens\.management\.client_id: expected a text/),
        expect.stringMatching(/^5 tokens\.management\.client_secret: the file .*missing-secret does not exist/),
        expect.stringMatching(/^7 tokens\.orders\.domain: .*without https:\/\/ and path: `acme\.eu\.auth0\.com`/),
        '8 tokens.orders.client_id: the environment variable NOT_SET is not set; set it before the start',
        expect.stringMatching(/^9 tokens\.orders\.client_secret: expected a text/),
        expect.stringMatching(/^12 apps\.report\.key_sha256: expected the SHA-256/),
        '13 apps.report.tokens.0: no token is named `managment`; did you mean `management`?',
        expect.stringMatching(/^15 apps\.report\.proxy\.orders\.0: unknown method `GETT`/),
      ]),
    );
    expect(error.message).toContain('evertoken.yaml has');
    expect(error.message).toContain('line 3, tokens.management: unknown key `domian`');
  });

  it.each([
    ['a: [1, 2', /line 1/],
    ['tokens:\n  a: 1\n  a: 2\n', /line 3.*unique/i],
    ['tokens:\n\tx: 1\n', /line 2/],
    ['tokens: *nowhere\n', /nowhere/],
  ])('that is no YAML (%j) is named with the line and what the parser says', async (yaml, message) => {
    const { error } = await problemsOf(load(yaml));
    expect(error.message).toMatch(message);
  });

  it.each([
    ['', 'no app is named'],
    ['- a\n- b\n', 'expected keys with values, found a list'],
    [`${token}apps:\n`, 'no app is named'],
    [`${token}apps: {}\n`, 'no app is named'],
    [`${token}${app}listen: [http://10.0.0.1:80]\n`, 'loopback'],
    [`${token.replace('acme.eu.auth0.com', 'acme.eu.auth0.com\n    token_endpoint: https://a.example/t')}${app}`, 'exactly one of'],
    [`${token.replace('management', 'has space')}${app}`, 'a name has 1 to 63 letters'],
    [`${token.replace('domain: acme.eu.auth0.com', 'token_endpoint: http://login.example.com/t')}${app}`, 'is to begin with https://'],
    [`${token}    audience: urn:api\n${app}    proxy: { management: [ANY /**] }\n`, 'names no host to send calls to; add `api: https://…`'],
    [`${token}    api: https://a.example/path\n${app}`, 'without a path'],
  ])('with %j is refused: %s', async (yaml, message) => {
    const { error } = await problemsOf(load(yaml));
    expect(error.message).toContain(message);
  });

  it('that does not exist is named', async () => {
    const { lines } = await problemsOf(loadAgentConfig({ file: join(home, 'none.yaml'), env: auth0, folder }));
    expect(lines).toEqual(['- : the file does not exist']);
  });

  it('never repeats a secret in an error', async () => {
    const { error } = await problemsOf(load(`${token.replace('domain:', 'domane:')}${app}`));
    expect(error.message).not.toContain('s3cret');
  });
});

describe('a client secret', () => {
  async function secretOf(reference: string, env = {}): Promise<() => Promise<string>> {
    const config = await load(`${token.replace('client_secret: s3cret', `client_secret: ${reference}`)}${app}`, { env });
    const source = config.tokens[0]?.request.clientSecret;
    return async () => (typeof source === 'function' ? source() : String(source));
  }

  it('in a file, relative to the config file, is read anew each time, without its line end', async () => {
    await writeFile(join(home, 'secret'), 'first\n');
    const read = await secretOf('{ file: secret }');
    expect(await read()).toBe('first');
    await writeFile(join(home, 'secret'), 'second\r\n');
    expect(await read()).toBe('second');
    await rm(join(home, 'secret'));
    await expect(read()).rejects.toThrow('does not exist');
  });

  it('in what is no plain file is refused at the start, and later by the source', async () => {
    execFileSync('mkfifo', [join(home, 'pipe')]);
    const { lines } = await problemsOf(secretOf('{ file: pipe }'));
    expect(lines).toEqual([
      `6 tokens.management.client_secret: the file ${join(home, 'pipe')} is no plain file; name one that holds the value alone`,
    ]);
    await writeFile(join(home, 'secret'), 'first');
    const read = await secretOf('{ file: secret }');
    await rm(join(home, 'secret'));
    execFileSync('mkfifo', [join(home, 'secret')]);
    await expect(read()).rejects.toThrow('is no plain file');
  });

  it('of a command is what the command prints each time', async () => {
    await writeFile(join(home, 'print.sh'), '#!/bin/sh\ncat secret\n');
    await chmod(join(home, 'print.sh'), 0o700);
    const read = await secretOf('{ command: [./print.sh] }');
    await expect(read()).rejects.toThrow('the command `./print.sh` ended with exit code 1');
    await writeFile(join(home, 'secret'), 'printed\n');
    expect(await read()).toBe('printed');
  });

  it('never leaks what a failed command printed', async () => {
    const read = await secretOf('{ command: [sh, -c, "echo s3cret; echo s3cret >&2; exit 3"] }');
    const error = await read().catch((thrown: Error) => thrown);
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('s3cret');
    expect(String(error)).toContain('ended with exit code 3');
  });

  it('in the environment is read at the start; an empty file or variable is found there', async () => {
    expect(await (await secretOf('{ env: SECRET }', { SECRET: 'from-env' }))()).toBe('from-env');
    await expect(secretOf('{ env: SECRET }', { SECRET: '' })).rejects.toThrow('SECRET is empty');
    await writeFile(join(home, 'empty'), '\n');
    await expect(secretOf('{ file: empty }')).rejects.toThrow('is empty; write the value into it');
  });
});
