import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newAppKey } from '@evertoken/agent';
import { json, ManualClock, type Script, type TokenEndpoint } from '@evertoken/testkit';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type AgentSetup, type Answer, type RunningAgent, startRunningAgent } from './a-running-agent.ts';

const form = 'application/x-www-form-urlencoded';
const clock = new ManualClock();
/** Good secrets of the issuer's client `worker`. */
let secrets: Set<string>;
let running: RunningAgent;

/** An issuer with metadata and a token endpoint below `/realms/prod`, which gives a token of its own to each client, secret and audience. */
function realm(issuer: TokenEndpoint): Script {
  const origin = new URL(issuer.url).origin;
  let issued = 0;
  return ({ path, form: asked, headers }, response) => {
    if (path.includes('/.well-known/')) {
      return json(response, 200, { issuer: `${origin}/realms/prod`, token_endpoint: `${origin}/realms/prod/token` });
    }
    if (path.startsWith('/api/v2/')) return json(response, 200, { called: path, with: headers.authorization });
    const basic = Buffer.from(/^Basic (.*)$/.exec(headers.authorization ?? '')?.[1] ?? '', 'base64').toString();
    const secret = asked.get('client_secret') ?? basic.split(':')[1] ?? '';
    if (!secrets.has(secret)) return json(response, 401, { error: 'invalid_client', error_description: 'Not this secret' });
    if (asked.get('audience') === 'urn:none') return json(response, 403, { error: 'access_denied', error_description: 'No such API' });
    issued += 1;
    json(response, 200, { access_token: `token-${issued}`, token_type: 'Bearer', expires_in: 600, scope: asked.get('scope') ?? 'all' });
  };
}

const configWith =
  (more = ''): NonNullable<AgentSetup['yaml']> =>
  (issuer, hashOf) =>
    `
tokens:
  orders: { issuer: "${new URL(issuer).origin}/realms/prod", client_id: m2m, client_secret: own-s3cret, audience: "urn:orders" }
apps:
  report: { key_sha256: ${hashOf('report')}, tokens: [orders] }
pass_through: ["${new URL(issuer).origin}/realms/prod"]
${more}
`;

beforeEach(async () => {
  secrets = new Set(['s3cret-one', 'own-s3cret']);
  running = await startRunningAgent({
    clock,
    before: (issuer) => issuer.answer(realm(issuer)),
    yaml: configWith(),
  });
});
afterEach(() => running.close());

function ask(parameters: Record<string, string>, path = '/oauth/token', headers: Record<string, string> = {}): Promise<Answer> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...parameters }).toString();
  return running.call(path, { method: 'POST', headers: { 'content-type': form, ...headers }, body });
}

const worker = (more: Record<string, string> = {}): Record<string, string> => ({
  client_id: 'worker',
  client_secret: 's3cret-one',
  audience: 'urn:jobs',
  ...more,
});

/** Token requests that the issuer got for the client `worker`. */
function asked(): number {
  return running.issuer.requests.filter(
    ({ path, form: sent, headers }) =>
      path.endsWith('/token') && (sent.get('client_id') === 'worker' || headers.authorization !== undefined),
  ).length;
}

describe('a client of an issuer that is passed through', () => {
  it('gets what the issuer gives it, asked for once', async () => {
    const first = await ask(worker({ scope: 'read:jobs', custom: 'x' }));
    expect([first.status, first.json()]).toMatchObject([200, { token_type: 'Bearer', scope: 'read:jobs' }]);
    expect(first.json()['expires_in']).toBeGreaterThan(580);
    expect((await ask(worker({ scope: 'read:jobs', custom: 'x' }))).json()['access_token']).toBe(first.json()['access_token']);
    expect(asked()).toBe(1);
    expect(running.issuer.requests.at(-1)?.form.get('custom')).toBe('x');
    const audited = { event: 'token.read', app: '(passed through)', client_id: 'worker', status: 200 };
    expect(running.log).toContainEqual(expect.objectContaining(audited));
  });

  it('gets another token for each other request', async () => {
    const answers = [];
    for (const more of [{}, { audience: 'urn:other' }, { scope: 'read:jobs' }, { organization: 'org_1' }, { custom: 'x' }])
      answers.push((await ask(worker(more))).json()['access_token']);
    expect(new Set(answers).size).toBe(5);
    expect(asked()).toBe(5);
  });

  it('may present itself by HTTP Basic', async () => {
    const authorization = `Basic ${Buffer.from('worker:s3cret-one').toString('base64')}`;
    const answer = await ask({ audience: 'urn:jobs' }, '/oauth/token', { authorization });
    expect([answer.status, running.issuer.requests.at(-1)?.headers.authorization]).toEqual([200, authorization]);
  });

  it('never gets what another secret was given for, and hears the issuer itself', async () => {
    await ask(worker());
    for (let count = 1; count <= 3; count += 1) {
      const answer = await ask(worker({ client_secret: 'wrong' }));
      expect([answer.status, answer.json()]).toEqual([401, { error: 'invalid_client', error_description: 'Not this secret' }]);
      // A refusal is not kept: the issuer is asked each time.
      expect(asked()).toBe(1 + count);
    }
    // A second good secret is none that was seen before.
    secrets.add('s3cret-two');
    expect((await ask(worker({ client_secret: 's3cret-two' }))).status).toBe(200);
    expect(asked()).toBe(5);
    expect((await ask(worker())).status).toBe(200);
    expect(asked()).toBe(5);
  });

  it('hears any refusal of the issuer as it came', async () => {
    const answer = await ask(worker({ audience: 'urn:none' }));
    expect([answer.status, answer.json()]).toEqual([403, { error: 'access_denied', error_description: 'No such API' }]);
  });

  it('is told to wait where there are too many first uses, while kept tokens are still read', async () => {
    await ask(worker());
    const before = asked();
    const answers = await Promise.all(Array.from({ length: 30 }, (_, index) => ask(worker({ client_secret: `guess-${index}` }))));
    const turnedAway = answers.filter(({ status }) => status === 429);
    expect(turnedAway.length).toBeGreaterThanOrEqual(20);
    expect(turnedAway[0]?.headers['retry-after']).toBe('1');
    expect(asked() - before).toBe(30 - turnedAway.length);
    expect((await ask(worker())).status).toBe(200);
  });

  it('is no way round an app: its name with a wrong key goes nowhere', async () => {
    const answer = await ask({ client_id: 'report', client_secret: 's3cret-one', audience: 'urn:orders' });
    expect([answer.status, answer.json()['error']]).toEqual([401, 'access_denied']);
    expect(running.issuer.requests.some(({ form: sent }) => sent.get('client_id') === 'report')).toBe(false);
  });

  it('is no app: an app key goes nowhere, whatever stands beside it', async () => {
    const key = running.keys['report'] ?? '';
    const before = running.issuer.requests.length;
    const unknownKey = newAppKey().key;
    const pairs = [
      ['a-former-name', key],
      ['a-former-name', `${key}\n`],
      ['a-former-name', key.slice(0, -1)],
      ['a-former-name', unknownKey],
      [key, 's3cret-one'],
    ] as const;
    for (const [id, secret] of pairs) {
      const posted = await ask({ client_id: id, client_secret: secret });
      const authorization = `Basic ${Buffer.from(`${id}:${encodeURIComponent(secret)}`).toString('base64')}`;
      const basic = await ask({}, '/oauth/token', { authorization });
      expect([posted.status, basic.status, posted.json()['error']]).toEqual([401, 401, 'access_denied']);
    }
    expect(running.issuer.requests.length).toBe(before);
  });

  it('may call the own API of that issuer with its token', async () => {
    const audience = `${new URL(running.issuer.url).origin}/api/v2/`;
    const token = String((await ask(worker({ audience }))).json()['access_token']);
    for (const path of ['/api/v2/clients', '/proxy/(passed%20through)/api/v2/clients']) {
      const answer = await running.call(path, { headers: { authorization: `Bearer ${token}` } });
      expect([answer.status, answer.json()]).toEqual([200, { called: '/api/v2/clients', with: `Bearer ${token}` }]);
    }
  });

  it('makes the agent call no host that its audience names', async () => {
    const calls: string[] = [];
    const inner = createServer((request, response) => {
      calls.push(request.url ?? '');
      response.end('of this machine alone');
    });
    await new Promise<void>((resolve) => inner.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => void (await new Promise((resolve) => inner.close(resolve))));
    const origin = `http://127.0.0.1:${(inner.address() as AddressInfo).port}`;
    for (const audience of [`${origin}/`, `${origin}/api/v2/`, 'urn:jobs', 'http://169.254.169.254/']) {
      const token = String((await ask(worker({ audience }))).json()['access_token']);
      for (const path of ['/api/v2/clients', '/proxy/(passed%20through)/latest/meta-data']) {
        const answer = await running.call(path, { headers: { authorization: `Bearer ${token}` } });
        expect([answer.status, answer.text], audience).toEqual([403, expect.stringContaining('no_api') as string]);
      }
    }
    expect(calls).toEqual([]);
  });

  it('needs a secret: an assertion cannot be passed through', async () => {
    expect((await ask({ client_id: 'worker', audience: 'urn:jobs' })).status).toBe(401);
    expect((await ask(worker({ client_assertion: 'a.b.c' }))).json()).toMatchObject({ error: 'invalid_request' });
    expect(asked()).toBe(0);
    expect(running.log.findLast(({ event }) => event === 'token.read')).toMatchObject({ status: 400, error: 'invalid_request' });
  });

  it.each([
    ['no secret', { client_secret: '' }, 401],
    ['no name', { client_id: '' }, 401],
    ['a resource that is no URL', { resource: 'not a url' }, 400],
  ])('with %s asks the issuer nothing, costs nobody a place, and fills no log', async (_what, parameters, status) => {
    for (let i = 0; i < 15; i += 1) expect((await ask(worker(parameters))).status).toBe(status);
    expect([asked(), (await ask(worker())).status]).toEqual([0, 200]);
    expect(running.log.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('leaves its secret in no log', async () => {
    await ask(worker());
    await ask(worker({ client_secret: 'wrong-s3cret' }));
    expect(JSON.stringify(running.log)).not.toMatch(/s3cret-one|wrong-s3cret|token-\d/);
  });
});

describe("the path of the issuer's own token endpoint", () => {
  it('is one of the agent too, for the tokens of that issuer', async () => {
    const report = { client_id: 'report', client_secret: running.keys['report'] ?? '' };
    const [own, same] = [await ask(report), await ask(report, '/realms/prod/token')];
    expect([same.status, same.json()['access_token']]).toEqual([200, own.json()['access_token']]);
    expect((await ask(worker(), '/realms/prod/token')).status).toBe(200);
    expect(running.log).toContainEqual(expect.objectContaining({ event: 'token.read', app: 'report', pattern: 'POST /realms/prod/token' }));
  });

  it('is guarded like the other', async () => {
    const report = { client_id: 'report', client_secret: running.keys['report'] ?? '' };
    expect((await ask(report, '/realms/prod/token', { 'x-forwarded-for': '1.2.3.4' })).status).toBe(403);
    expect((await ask({ ...report, client_secret: 'wrong' }, '/realms/prod/token')).status).toBe(401);
    expect((await running.call('/realms/prod/token')).status).toBe(405);
    for (const path of ['/realms/prod/tokens', '/realms/other/token', '/realms/prod/token/'])
      expect((await ask(report, path)).status, path).toBe(404);
  });
});

describe('an issuer that moves its token endpoint', () => {
  it('gets secrets at the new one within an hour, or at the old one while nothing else is known', async () => {
    let [path, isSilent, issued] = ['/old/token', false, 0];
    const moving = await startRunningAgent({
      clock,
      before: (issuer) =>
        issuer.answer(({ path: asked, headers }, response) => {
          const origin = `http://${headers.host}/realms/moving`;
          if (!asked.includes('/.well-known/')) issued += 1;
          else if (isSilent) return json(response, 503, {});
          else return json(response, 200, { issuer: origin, token_endpoint: `${origin}${path}` });
          json(response, 200, { access_token: `token-${issued}`, token_type: 'Bearer', expires_in: 86_400 });
        }),
      yaml: (issuer, hashOf) => `
tokens:
  orders: { token_endpoint: "${issuer}", client_id: m2m, client_secret: own-s3cret, audience: "urn:orders" }
apps: { report: { key_sha256: ${hashOf('report')}, tokens: [orders] } }
pass_through: ["${new URL(issuer).origin}/realms/moving"]
`,
    });
    onTestFinished(() => moving.close());
    let clients = 0;
    const askAt = async (own: string): Promise<[number, string | undefined]> => {
      clients += 1;
      const body = new URLSearchParams({ grant_type: 'client_credentials', ...worker({ client_id: `worker-${clients}` }) }).toString();
      const { status } = await moving.call(own, { method: 'POST', headers: { 'content-type': form }, body });
      return [status, moving.issuer.requests.find(({ form: sent }) => sent.get('client_id') === `worker-${clients}`)?.path];
    };
    expect(await askAt('/realms/moving/old/token')).toEqual([200, '/realms/moving/old/token']);
    path = '/new/token';
    clock.advance(3_599_000);
    expect(await askAt('/oauth/token')).toEqual([200, '/realms/moving/old/token']);
    expect((await askAt('/realms/moving/new/token'))[0]).toBe(404);
    isSilent = true;
    clock.advance(1_000);
    expect(await askAt('/oauth/token')).toEqual([200, '/realms/moving/old/token']);
    isSilent = false;
    clock.advance(60_000);
    expect(await askAt('/oauth/token')).toEqual([200, '/realms/moving/new/token']);
    expect(await askAt('/realms/moving/new/token')).toEqual([200, '/realms/moving/new/token']);
    expect((await askAt('/realms/moving/old/token'))[0]).toBe(404);
  });
});

describe('without pass_through', () => {
  it('an unknown client is refused, and nothing of it goes anywhere', async () => {
    const closed = await startRunningAgent({ clock });
    const before = closed.issuer.requests.length;
    const body = new URLSearchParams({ grant_type: 'client_credentials', ...worker() }).toString();
    const answer = await closed.call('/oauth/token', { method: 'POST', headers: { 'content-type': form }, body });
    expect([answer.status, answer.json()['error'], closed.issuer.requests.length]).toEqual([401, 'access_denied', before]);
    await closed.close();
  });
});

it('keeps as many tokens of passed clients as the policy says', async () => {
  const few = await startRunningAgent({
    clock,
    before: (issuer) => issuer.answer(realm(issuer)),
    yaml: configWith('policy: { max_undeclared: 1 }'),
  });
  onTestFinished(() => few.close());
  const askAs = (audience: string): Promise<Answer> => {
    const body = new URLSearchParams({ grant_type: 'client_credentials', ...worker({ audience }) }).toString();
    return few.call('/oauth/token', { method: 'POST', headers: { 'content-type': form }, body });
  };
  for (const audience of ['urn:a', 'urn:a', 'urn:b', 'urn:b', 'urn:a']) expect((await askAs(audience)).status).toBe(200);
  const audiences = few.issuer.requests.map((request) => request.form.get('audience')).filter((audience) => audience !== 'urn:orders');
  expect(audiences.filter((audience) => audience !== null)).toEqual(['urn:a', 'urn:b', 'urn:a']);
});
