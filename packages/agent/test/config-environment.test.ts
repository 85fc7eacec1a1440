import { describe, expect, it } from 'vitest';
import { load, problemsOf, smallConfig, someHash } from './a-config.ts';

describe('EVERTOKEN_…', () => {
  it('gives every key that a file could, without one', async () => {
    const config = await load(undefined, {
      env: {
        EVERTOKEN_TOKENS__ORDERS__ISSUER: 'https://login.example.com',
        EVERTOKEN_TOKENS__ORDERS__CLIENT_ID: '42',
        EVERTOKEN_TOKENS__ORDERS__CLIENT_SECRET: '{ env: SECRET }',
        EVERTOKEN_TOKENS__ORDERS__SCOPE: '[a, b]',
        EVERTOKEN_APPS__REPORT__KEY_SHA256: someHash,
        EVERTOKEN_APPS__REPORT__TOKENS: '[orders]',
        EVERTOKEN_LISTEN: 'http://127.0.0.1:0',
        EVERTOKEN_POLICY__WAIT_MS: '5000',
        EVERTOKEN_AUDIT: 'false',
        EVERTOKEN_ALLOW_REMOTE: 'true',
        SECRET: 's3cret',
      },
    });
    expect(config).toMatchObject({
      file: undefined,
      hasDefaultApp: false,
      tokens: [
        { name: 'orders', request: { issuer: 'https://login.example.com', clientId: '42', clientSecret: 's3cret', scope: ['a', 'b'] } },
      ],
      apps: [{ name: 'report', tokens: ['orders'] }],
      listen: [{ kind: 'http', port: 0 }],
      policy: { waitMs: 5_000 },
      audit: { kind: 'off' },
      allowRemote: true,
    });
    expect(config.tokens[0]?.places.clientSecret).toBe('EVERTOKEN_TOKENS__ORDERS__CLIENT_SECRET');
  });

  it('wins over the file, and means its names whatever their case and punctuation', async () => {
    const yaml = smallConfig([], 'policy: { wait_ms: 1, urgent_ms: 2 }\n').replaceAll('management', 'Management.API-v2');
    const config = await load(yaml, { env: { EVERTOKEN_TOKENS__MANAGEMENT_API_V2__CLIENT_ID: 'other', EVERTOKEN_POLICY__WAIT_MS: '9' } });
    expect(config.tokens).toMatchObject([{ name: 'Management.API-v2', request: { clientId: 'other', domain: 'acme.eu.auth0.com' } }]);
    expect(config.policy).toEqual({ waitMs: 9, urgentMs: 2 });
  });

  it('leaves the app `local` where it names no app', async () => {
    const env = { EVERTOKEN_TOKENS__A__DOMAIN: 'a.example', EVERTOKEN_TOKENS__A__CLIENT_ID: 'x', EVERTOKEN_TOKENS__A__CLIENT_SECRET: 'y' };
    expect(await load(undefined, { env })).toMatchObject({ hasDefaultApp: true, apps: [], tokens: [{ name: 'a' }] });
  });

  it.each([
    ['12345', '12345'],
    ['no', 'no'],
    ['a #b', 'a #b'],
    ['a: b', 'a: b'],
    ['"quoted"', 'quoted'],
    ["'12'", '12'],
  ])('takes the secret %s for what it is', async (text, secret) => {
    const config = await load(smallConfig(), { env: { EVERTOKEN_TOKENS__MANAGEMENT__CLIENT_SECRET: text } });
    expect(config.tokens[0]?.request.clientSecret).toBe(secret);
  });

  it('takes a whole in YAML, and parts that win over it', async () => {
    const env = {
      EVERTOKEN_TOKENS: '{ a: { domain: a.example, client_id: x, client_secret: y } }',
      EVERTOKEN_TOKENS__A__CLIENT_ID: 'z',
    };
    expect((await load(undefined, { env })).tokens[0]?.request).toMatchObject({ domain: 'a.example', clientId: 'z', clientSecret: 'y' });
  });

  it.each([
    ['EVERTOKEN_LISTN', 'x', '- EVERTOKEN_LISTN: names no key; did you mean EVERTOKEN_LISTEN?'],
    ['EVERTOKEN_HOM', 'x', '- EVERTOKEN_HOM: names no key; did you mean EVERTOKEN_HOME?'],
    [
      'EVERTOKEN_TOKENS__MANAGEMENT__CLIENT_IDD',
      'x',
      '- EVERTOKEN_TOKENS__MANAGEMENT__CLIENT_IDD: names no key; did you mean EVERTOKEN_TOKENS__MANAGEMENT__CLIENT_ID?',
    ],
    ['EVERTOKEN_LISTEN__X', 'x', '- EVERTOKEN_LISTEN__X: names no key below EVERTOKEN_LISTEN'],
    ['EVERTOKEN_POLICY__WAIT_MS', 'soon', '- EVERTOKEN_POLICY__WAIT_MS: expected a number, found a text'],
    [
      'EVERTOKEN_TOKENS__MANAGEMENT__CLIENT_ID',
      '{ env: NONE }',
      '- EVERTOKEN_TOKENS__MANAGEMENT__CLIENT_ID: the environment variable NONE is not set; set it before the start',
    ],
    ['EVERTOKEN_HOSTS', '[a', '- EVERTOKEN_HOSTS: begins as YAML does and is none; put the value in quotes'],
    ['EVERTOKEN_TOKENS____PROTO____CLIENT_ID', 'x', /^- EVERTOKEN_TOKENS____PROTO____CLIENT_ID: names no key/],
  ])('%s=%s is refused by its name', async (name, value, problem) => {
    const problems = await problemsOf(load(smallConfig(), { env: { [name]: value } }));
    expect(problems).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)]);
  });

  it('that may mean two names is refused', async () => {
    const yaml = `${smallConfig()}  re-port: { key_sha256: ${someHash} }\n  re.port: { key_sha256: ${someHash} }\n`;
    expect(await problemsOf(load(yaml, { env: { EVERTOKEN_APPS__RE_PORT__RATE: '1/s' } }))).toEqual([
      '- EVERTOKEN_APPS__RE_PORT__RATE: may mean `re-port` or `re.port`; set it in the config file',
    ]);
  });

  it('names the variable that is missing', async () => {
    const problems = await problemsOf(
      load(undefined, { env: { EVERTOKEN_TOKENS__A__DOMAIN: 'a.example', EVERTOKEN_TOKENS__A__CLIENT_SECRET: 'y' } }),
    );
    expect(problems).toEqual(['- EVERTOKEN_TOKENS__A__CLIENT_ID: is not set; set it']);
  });

  it.each([
    [
      'of the command line',
      {
        EVERTOKEN_HOME: '/x',
        EVERTOKEN_URL: 'http://x',
        EVERTOKEN_APP: 'a',
        EVERTOKEN_APP_KEY: 'k',
        EVERTOKEN_STORE_KEY: 'k',
        EVERTOKEN_DOMAIN: 'd',
        EVERTOKEN_DEBUG: '1',
      },
    ],
    [
      'that the tenant and its tests go by',
      {
        EVERTOKEN_DATABASE_URL: 'postgresql://db.example/evertoken',
        EVERTOKEN_MASTER_KEY: 'k',
        EVERTOKEN_CONTROLS_URL: 'http://127.0.0.1:8444',
        EVERTOKEN_CONTROLS_KEY: 'k',
      },
    ],
    [
      'that Kubernetes sets beside a service',
      {
        EVERTOKEN_SERVICE_HOST: '10.0.0.1',
        EVERTOKEN_PORT: 'tcp://10.0.0.1:8400',
        EVERTOKEN_PORT_8400_TCP_ADDR: '10.0.0.1',
        EVERTOKEN_AGENT_SERVICE_PORT_HTTP: '8400',
      },
    ],
    ['that are empty', { EVERTOKEN_LISTEN: '' }],
  ])('leaves the variables %s alone', async (_what, env) => {
    expect((await load(smallConfig(), { env })).tokens).toHaveLength(1);
  });
});

describe('HTTP_PROXY and its like', () => {
  const proxied = (name: string, value: string) => load(smallConfig(), { env: { [name]: value } });

  it.each(['http://proxy.example:3128', 'HTTPS://user:p%2Fw%40x@proxy.example:3128/', 'http://[::1]:3128', ''])(
    'may be %s',
    async (value) => {
      const { outbound } = await proxied('HTTPS_PROXY', value);
      expect(outbound.httpsProxy).toBe(value);
    },
  );

  it.each([
    'proxy.example:3128',
    'socks5://proxy.example:1080',
    'http://user:p4ssw0rd/x@proxy.example:3128',
    'http://user:12/p4ssw0rd@proxy.example:3128',
    'http://user:p4ssw0rd#x@proxy.example:3128',
    'user:p4ssw0rd@proxy.example:3128',
  ])('may not be %s; the refusal does not show it', async (value) => {
    for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY']) {
      const problems = await problemsOf(proxied(name, value));
      expect(problems).toEqual([expect.stringMatching(new RegExp(`^- ${name}: is no URL of a proxy; write it like`))]);
      expect(problems.join()).not.toMatch(/p4ssw0rd|user/);
    }
  });

  it.each([
    ['http://user:p@ssw0rd@proxy.example:3128', 'http://(credentials)@proxy.example:3128'],
    ['http://p4ssw0rd@proxy.example', 'http://(credentials)@proxy.example'],
    ['http://proxy.example', 'http://proxy.example'],
  ])('is told without all before its last @, as %s', async (value, told) => {
    const { values } = await proxied('HTTP_PROXY', value);
    expect(values.find(({ key }) => key === '(http_proxy)')?.value).toBe(JSON.stringify(told));
  });

  it('is told without its password also where it is not the one in effect, and may be anything', async () => {
    const env = { https_proxy: 'http://proxy.example', HTTPS_PROXY: 'user:pa//ss@w0rd@proxy.example' };
    const { values } = await load(smallConfig(), { env });
    expect(values.filter(({ key }) => key === '(https_proxy)').map(({ value }) => value)).toEqual([
      '"http://proxy.example"',
      '"(credentials)@proxy.example"',
    ]);
  });
});
