import { defaultPolicy, TokenKeeper } from '@evertoken/client';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { policyEntryOf, policyOf } from '../src/config/policy-schema.ts';
import { secretVariablesOf } from '../src/config/secret-variables.ts';
import { load, problemsOf, smallConfig, someHash } from './a-config.ts';

const withRest = (rest: string): string => smallConfig([], rest);

describe('apps', () => {
  const withApp = (app: string): string => smallConfig().replace(/\{ key_sha256.*\}/, app);

  it('have keys that end, rates, and keys that do not', async () => {
    const config = await load(
      withApp(`{ key_sha256: ${someHash}, keys: [{ sha256: ${'AB'.repeat(32)}, not_after: "2026-12-31T23:59:59+01:00" }], rate: 30/m }`),
    );
    expect(config.apps[0]).toMatchObject({
      keys: [
        { hash: someHash, notAfter: undefined },
        { hash: 'ab'.repeat(32), notAfter: Date.UTC(2026, 11, 31, 22, 59, 59) },
      ],
      rate: { perSecond: 0.5, burst: 30 },
    });
    expect((await load(withApp(`{ key_sha256: ${someHash}, rate: { per_second: 2, burst: 9 } }`))).apps[0]?.rate).toEqual({
      perSecond: 2,
      burst: 9,
    });
  });

  it.each([
    [
      `{ key_sha256: ${someHash}, rate: fast }`,
      '7 apps.report.rate: `fast` is no rate; write it like 20/s, 30/m or 1000/h, or as { per_second: 20, burst: 40 }',
    ],
    [
      `{ key_sha256: ${someHash}, rate: 0/s }`,
      '7 apps.report.rate: `0/s` is no rate; write it like 20/s, 30/m or 1000/h, or as { per_second: 20, burst: 40 }',
    ],
    [
      `{ key_sha256: ${someHash}, rate: 20 }`,
      '7 apps.report.rate: expected a rate such as 20/s, 30/m or 1000/h, or { per_second: 20, burst: 40 }',
    ],
    [`{ key_sha256: ${someHash}, rate: { per_second: 1, brust: 2 } }`, '7 apps.report.rate.burst: is missing; add it'],
    [
      `{ keys: [{ sha256: ${someHash}, not_after: 2026-12-31 }] }`,
      '7 apps.report.keys.0.not_after: `2026-12-31` is no moment; write it like 2026-12-31T23:59:59Z',
    ],
    ['{ tokens: [management] }', /^7 apps\.report: nothing could prove that a program is this app; add `key_sha256`/],
  ])('written as %s are refused', async (app, problem) => {
    const problems = await problemsOf(load(withApp(app)));
    expect(problems).toContainEqual(typeof problem === 'string' ? problem : expect.stringMatching(problem));
  });

  it('need no key where they have a socket of their own, which has to be of an app', async () => {
    const listen = 'listen: "unix:/run/report.sock?app=report"\n';
    const config = await load(withApp('{ tokens: [management] }') + listen);
    expect([config.listen, config.apps[0]?.keys]).toEqual([[{ kind: 'unix', path: '/run/report.sock', mode: 0o600, app: 'report' }], []]);
    expect(await problemsOf(load(smallConfig() + listen.replace('app=report', 'app=reprot')))).toEqual([
      '8 listen: no app is named `reprot`, for which a socket is to be; did you mean `report`?',
    ]);
  });
});

describe('names', () => {
  it.each(['__proto__', '-x', 'a b'])('such as %s are none', async (name) => {
    for (const yaml of [smallConfig().replace('management:', `"${name}":`), smallConfig().replace('report:', `"${name}":`)]) {
      expect(await problemsOf(load(yaml))).toContainEqual(expect.stringContaining('a name has 1 to 63 letters'));
    }
  });

  it('in places where any key is taken are no exception', async () => {
    expect(await problemsOf(load(smallConfig(['parameters: { __proto__: x }'])))).toEqual([
      expect.stringMatching(/^6 tokens\.management\.parameters\.__proto__: `__proto__` is no name here/),
    ]);
  });

  it('that every object of the language has are names as all others', async () => {
    const config = await load(smallConfig().replaceAll('management', 'constructor').replace('report:', 'toString:'));
    expect([config.tokens[0]?.name, config.apps[0]?.name, config.apps[0]?.tokens]).toEqual(['constructor', 'toString', ['constructor']]);
    expect(await problemsOf(load(`${smallConfig()}  valueOf: { key_sha256: ${someHash}, tokens: [constructor] }\n`))).toEqual([
      '8 apps.valueOf.tokens.0: no token is named `constructor`; known: `management`',
    ]);
  });
});

describe('issuers to pass through to', () => {
  it('are Auth0 domains, or URLs', async () => {
    expect((await load(withRest('pass_through: [acme.eu.auth0.com, https://login.example.com/realms/prod]\n'))).passThrough).toEqual([
      { issuer: 'https://acme.eu.auth0.com/', tokenEndpoint: 'https://acme.eu.auth0.com/oauth/token' },
      { issuer: 'https://login.example.com/realms/prod', tokenEndpoint: undefined },
    ]);
    expect(await problemsOf(load(withRest('pass_through: [ok.example, http://login.example.com, a/b]\n')))).toEqual([
      expect.stringMatching(/^8 pass_through\.1: .*is to begin with https/),
      expect.stringMatching(/^8 pass_through\.2: .*is to be a host alone/),
    ]);
  });

  it('may be all that a config names: their clients need no token and no app', async () => {
    const passing = 'pass_through: [acme.eu.auth0.com]\n';
    const env = { EVERTOKEN_PASS_THROUGH: '[acme.eu.auth0.com]' };
    for (const config of [await load(passing), await load(`${passing}tokens: {}\napps: {}\n`), await load(undefined, { env })]) {
      expect(config.passThrough).toHaveLength(1);
      expect([config.tokens, config.apps, config.hasDefaultApp]).toEqual([[], [], false]);
    }
    // Who names a part of a token means one.
    const half = load(passing, { env: { AUTH0_DOMAIN: 'acme.eu.auth0.com' } });
    expect(await problemsOf(half)).toEqual([expect.stringContaining('AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET are not set') as string]);
    expect(await problemsOf(load('pass_through: []\n'))).toHaveLength(2);
  });
});

describe('the audit', () => {
  it.each([
    ['', { kind: 'stdout' }],
    ['audit: stdout', { kind: 'stdout' }],
    ['audit: false', { kind: 'off' }],
    ['audit: { file: /a.jsonl, max_size_mb: 0.5 }', { kind: 'file', path: '/a.jsonl', maxBytes: 500_000, keep: 5 }],
  ])('with %j goes where it is told to', async (line, audit) => {
    expect((await load(withRest(`${line}\n`))).audit).toEqual(audit);
  });

  it.each([
    ['audit: true', '8 audit: expected `stdout`, `false`, or { file: PATH, max_size_mb: 100, keep: 5 }'],
    ['audit: { flie: /a }', '8 audit: unknown key `flie`; did you mean `file`?'],
    ['audit: { file: /a, keep: 1.5 }', '8 audit.keep: expected a whole number, found a number'],
  ])('with %s is refused', async (line, problem) => {
    expect(await problemsOf(load(withRest(`${line}\n`)))).toContainEqual(problem);
  });
});

describe('the policy', () => {
  it('takes every number of the client by its name in snake case', async () => {
    const numbers = Object.fromEntries(Object.entries(policyEntryOf({})).filter(([, value]) => Number.isFinite(value)));
    const lines = Object.entries({ ...numbers, max_mints_per_day: 24 }).map(([name, value]) => `  ${name}: ${value}\n`);
    const { policy } = await load(withRest(`policy:\n${lines.join('')}`));
    expect(policy).toEqual({ ...defaultPolicy, maxMintsPerDay: 24 });
    expect((await load(withRest('policy: { wait_ms: 5000 }\n'))).policy).toEqual({ waitMs: 5_000 });
  });

  it.each(Object.keys(policyEntryOf({})))('takes for %s what the client takes, and nothing else', async (name) => {
    for (const value of [-1, 0, 0.4, 0.5, 0.7, 1, 3]) {
      const client = ((): boolean => {
        try {
          return new TokenKeeper({ policy: policyOf({ [name]: value }) }) !== undefined;
        } catch {
          return false;
        }
      })();
      const file = await load(withRest(`policy: { ${name}: ${value} }\n`)).then(
        () => true,
        () => false,
      );
      expect([value, file]).toEqual([value, client]);
    }
  });

  it('names the nearest number', async () => {
    expect(await problemsOf(load(withRest('policy: { lead_shard: 0.3, wait_ms: long }\n')))).toEqual(
      expect.arrayContaining([
        '8 policy: unknown key `lead_shard`; did you mean `lead_share`?',
        '8 policy.wait_ms: expected a number, found a text',
      ]),
    );
  });
});

describe('what is in effect', () => {
  it('is told with the place where it was written, and without secrets', async () => {
    const env = {
      AUDIENCE: 'https://orders.example.com',
      EVERTOKEN_TOKENS__MANAGEMENT__SCOPE: 'read:clients',
      HTTPS_PROXY: 'http://user:pa55@127.0.0.1:3128',
    };
    const config = await load(smallConfig(['audience: { env: AUDIENCE }'], 'policy: { wait_ms: 5 }\n'), {
      env,
      listen: ['http://127.0.0.1:0'],
    });
    const values = Object.fromEntries(config.values.map(({ key, value, from }) => [key, `${value} ${from}`]));
    expect(values).toMatchObject({
      'tokens.management.client_id': '"abc" evertoken.yaml:4',
      'tokens.management.client_secret': '(literal) evertoken.yaml:5',
      'tokens.management.audience': '{"env":"AUDIENCE"} evertoken.yaml:6',
      'tokens.management.scope': '"read:clients" EVERTOKEN_TOKENS__MANAGEMENT__SCOPE',
      'apps.report.tokens': '["management"] evertoken.yaml:8',
      'policy.wait_ms': '5 evertoken.yaml:9',
      'policy.lead_share': '0.25 default',
      'policy.max_mints_per_day': 'no limit default',
      listen: '["http://127.0.0.1:0"] command line',
      audit: '"stdout" default',
      '(https_proxy)': '"http://(credentials)@127.0.0.1:3128" HTTPS_PROXY',
    });
    expect(JSON.stringify(values)).not.toMatch(/s3cret|pa55/);
    expect(parse(values['hosts']!.replace(' default', ''))).toEqual([]);
  });

  it('shows of the parameters of a token request the names alone', async () => {
    const env = { EVERTOKEN_TOKENS__MANAGEMENT__PARAMETERS__ASSERTION: 's3cret' };
    const config = await load(smallConfig(['parameters: { password: s3cret, username: s3cret }']), { env });
    expect(config.values).toEqual(
      expect.arrayContaining([
        { key: 'tokens.management.parameters.password', value: '(literal)', from: 'evertoken.yaml:6' },
        { key: 'tokens.management.parameters.assertion', value: '(literal)', from: 'EVERTOKEN_TOKENS__MANAGEMENT__PARAMETERS__ASSERTION' },
      ]),
    );
    for (const name of ['file', 'env', 'command']) {
      const { values } = await load(smallConfig([`parameters: { ${name}: s3cret }`]));
      expect(values).toContainEqual({ key: `tokens.management.parameters.${name}`, value: '(literal)', from: 'evertoken.yaml:6' });
      expect(JSON.stringify([values, config.values])).not.toContain('s3cret');
    }
    expect(secretVariablesOf(config)).toEqual(['EVERTOKEN_TOKENS__MANAGEMENT__PARAMETERS__ASSERTION']);
  });

  it('names the variables where there is no file, and the audience that goes without saying', async () => {
    const config = await load(undefined, {
      env: { AUTH0_DOMAIN: 'acme.eu.auth0.com', AUTH0_CLIENT_ID: 'abc', AUTH0_CLIENT_SECRET: 's3cret' },
    });
    expect(config.values).toEqual(
      expect.arrayContaining([
        { key: 'tokens.default.client_secret', value: '(literal)', from: 'AUTH0_CLIENT_SECRET' },
        { key: 'tokens.default.audience', value: '"https://acme.eu.auth0.com/api/v2/"', from: 'default' },
      ]),
    );
  });

  it('shows where secrets come from, each of several', async () => {
    const config = await load(smallConfig().replace('s3cret', '[s3cret, { env: OLD }]'), { env: { OLD: 'old-s3cret' } });
    expect(config.values).toContainEqual({
      key: 'tokens.management.client_secret',
      value: '[(literal), {"env":"OLD"}]',
      from: 'evertoken.yaml:5',
    });
  });
});
