import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadAgentConfig, newAppKey } from '@evertoken/agent';
import { openLocalCa, openStateFolder } from '@evertoken/service';
import { freshFolder, issueTokens, json, ManualClock } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startReloadableAgent, twoTokens, until } from './a-reloadable-agent.ts';
import { type RunningAgent, startRunningAgent } from './a-running-agent.ts';

const fingerprintOf = async ({ callAs }: RunningAgent, token: string): Promise<unknown> =>
  (await callAs('report', `/v1/tokens/${token}`)).json()['fingerprint'];

describe('a reload', () => {
  it('of what is the same changes nothing, and keeps every token', async () => {
    const running = await startReloadableAgent();
    const before = await fingerprintOf(running, 'orders');
    expect(await running.agent.reload()).toEqual({
      isApplied: true,
      generation: 2,
      changes: [],
      needsRestart: [],
      notInEffect: [],
      notes: [],
    });
    expect(await fingerprintOf(running, 'orders')).toBe(before);
    expect(running.issuer.requests).toHaveLength(2);
  });

  it('adds, changes and ends tokens, and keeps those whose request is the same', async () => {
    const running = await startReloadableAgent();
    const { agent, issuer, callAs, edit } = running;
    const before = await fingerprintOf(running, 'orders');
    await edit(
      [/^ {2}management: (.*)$/m, '  added: $1'],
      ['audience: "urn:management"', 'audience: "urn:added"'],
      ['[management, orders]', '[added, orders]'],
    );
    const outcome = await agent.reload();
    expect(outcome).toMatchObject({ isApplied: true, changes: ['token added added', 'token management removed', 'app report changed'] });
    expect((await callAs('report', '/v1/tokens/added')).status).toBe(200);
    expect((await callAs('report', '/v1/tokens/management')).status).toBe(404);
    expect(await fingerprintOf(running, 'orders')).toBe(before);
    expect(issuer.requests.map(({ form }) => form.get('audience')).toSorted()).toEqual(['urn:added', 'urn:management', 'urn:orders']);
    expect(agent.tokens().map(({ name }) => name)).toEqual(['added', 'orders']);
  });

  it('takes up from the store what is put back', async () => {
    const running = await startReloadableAgent();
    const before = await fingerprintOf(running, 'orders');
    const config = await readFile(join(running.home, 'evertoken.yaml'), 'utf8');
    await running.edit([/^ {2}orders: .*\n/m, ''], ['[management, orders]', '[management]']);
    expect((await running.agent.reload()).isApplied).toBe(true);
    await writeFile(join(running.home, 'evertoken.yaml'), config);
    expect((await running.agent.reload()).isApplied).toBe(true);
    expect(await fingerprintOf(running, 'orders')).toBe(before);
    expect(running.issuer.requests).toHaveLength(2);
  });

  it('with a new secret uses it for the next mint, and forgets that the old one was refused', async () => {
    const { agent, issuer, edit, callAs } = await startReloadableAgent({
      isReady: false,
      before: (issuer) =>
        issuer.answer((request, response) =>
          request.form.get('client_secret') === 'right'
            ? issueTokens(60)(request, response)
            : json(response, 401, { error: 'invalid_client' }),
        ),
    });
    await until(() => agent.tokens().every(({ status }) => status.lastFailure !== undefined));
    await edit([/issuer-s3cret/, 'right'], [/issuer-s3cret/, 'right']);
    expect((await agent.reload()).isApplied).toBe(true);
    expect((await callAs('report', '/v1/tokens/orders')).status).toBe(200);
    expect(issuer.requests.some(({ form }) => form.get('client_secret') === 'issuer-s3cret')).toBe(true);
  });

  it('takes keys away at once, and lets in others', async () => {
    const { agent, call, callAs, edit } = await startReloadableAgent();
    const other = newAppKey();
    await edit([/key_sha256: \w+/, `key_sha256: ${other.sha256}`]);
    expect((await agent.reload()).isApplied).toBe(true);
    expect((await callAs('report', '/v1/tokens/orders')).status).toBe(401);
    expect((await call('/v1/tokens/orders', { headers: { authorization: `Bearer ${other.key}` } })).status).toBe(200);
  });

  it('lets a request that waits for a token end as it began, though the token is gone', async () => {
    let release: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { agent, callAs, edit, issuer } = await startReloadableAgent({
      isReady: false,
      before: (issuer) =>
        issuer.answer(async (request, response) => {
          await asked;
          await issueTokens(60)(request, response);
        }),
    });
    const waiting = callAs('report', '/v1/tokens/orders');
    await until(() => agent.tokens().some(({ status }) => status.waiters > 0) && issuer.requests.length === 2);
    await edit([/^ {2}orders: .*\n/m, ''], ['[management, orders]', '[management]']);
    expect((await agent.reload()).isApplied).toBe(true);
    release();
    expect((await waiting).status).toBe(200);
    expect((await callAs('report', '/v1/tokens/orders')).status).toBe(404);
  });

  it('keeps a token that is put back while somebody still waits for it', async () => {
    let release: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      release = resolve;
    });
    const clock = new ManualClock();
    const running = await startReloadableAgent({
      clock,
      isReady: false,
      before: (issuer) =>
        issuer.answer(async (request, response) => {
          await asked;
          await issueTokens(60)(request, response);
        }),
    });
    const { agent, callAs, edit, issuer, home } = running;
    const config = await readFile(join(home, 'evertoken.yaml'), 'utf8');
    const waiting = callAs('report', '/v1/tokens/orders');
    await until(() => agent.tokens().some(({ status }) => status.waiters > 0) && issuer.requests.length === 2);
    await edit([/^ {2}orders: .*\n/m, ''], ['[management, orders]', '[management]']);
    expect((await agent.reload()).isApplied).toBe(true);
    await writeFile(join(home, 'evertoken.yaml'), config);
    expect((await agent.reload()).isApplied).toBe(true);
    release();
    expect((await waiting).status).toBe(200);
    // Past the moment when the agent looks whether the last who waited has left.
    clock.advance(1_000);
    expect((await callAs('report', '/v1/tokens/orders')).status).toBe(200);
  });

  it('takes rights away at once although a secret cannot be read, of a token that stands there as before', async () => {
    const home = await freshFolder();
    const secret = join(home, 'secret');
    await writeFile(secret, 'issuer-s3cret');
    const yaml: typeof twoTokens = (issuer, hashOf) =>
      `${twoTokens(issuer, hashOf).replace('client_secret: issuer-s3cret', `client_secret: { file: ${secret} }`)}
  other: { key_sha256: ${hashOf('other')}, tokens: [orders] }
`.replace(/(listen: .*\n)([\s\S]*)/, '$2$1');
    const { agent, callAs, edit, issuer, log } = await startReloadableAgent({ yaml });
    await rm(secret);
    await edit([/^ {2}report: .*\n/m, '']);
    const outcome = await agent.reload();
    expect(outcome).toMatchObject({
      isApplied: true,
      changes: ['app report removed'],
      notes: [
        expect.stringMatching(
          /^line 3, tokens\.management\.client_secret: the file .*secret does not exist.*; until then what the agent has/,
        ),
      ],
    });
    expect((await callAs('report', '/v1/tokens/management')).status).toBe(401);
    expect((await callAs('other', '/v1/tokens/orders')).status).toBe(200);
    expect(agent.tokens().every(({ status }) => status.state === 'fresh')).toBe(true);
    expect(issuer.requests).toHaveLength(2);
    expect(log).toContainEqual(expect.objectContaining({ event: 'config.note', level: 'warn' }));
    // Another request needs the secret, and is refused without it.
    await edit(['audience: "urn:management"', 'audience: "urn:changed"']);
    expect(await agent.reload()).toMatchObject({ isApplied: false, message: expect.stringContaining('does not exist') as string });
  });

  it('takes rights away at once although a token file cannot be written, that is there as before', async () => {
    const home = await freshFolder();
    await mkdir(join(home, 'files'), { mode: 0o700 });
    const yaml: typeof twoTokens = (issuer, hashOf) =>
      `${twoTokens(issuer, hashOf)}files: [{ token: orders, path: ${join(home, 'files/orders.jwt')} }]\n`;
    const { agent, callAs, edit } = await startReloadableAgent({ yaml });
    await rm(join(home, 'files'), { recursive: true });
    const other = newAppKey();
    await edit([/key_sha256: \w+/, `key_sha256: ${other.sha256}`]);
    expect((await agent.reload()).isApplied).toBe(true);
    expect((await callAs('report', '/v1/tokens/orders')).status).toBe(401);
    await edit(['orders.jwt', 'others.jwt']);
    expect(await agent.reload()).toMatchObject({ isApplied: false, message: expect.stringContaining('others.jwt') as string });
  });

  it('that fails keeps the former config whole, and says why', async () => {
    const running = await startReloadableAgent();
    const { agent, edit, log, call, callAs } = running;
    const other = newAppKey();
    await edit([/key_sha256: \w+/, `key_sha256: ${other.sha256}`], ['client_id: m2m', 'clientid: m2m']);
    const outcome = await agent.reload();
    expect(outcome).toMatchObject({
      isApplied: false,
      message: expect.stringContaining('line 3, tokens.management: unknown key `clientid`; did you mean `client_id`?') as string,
      step: expect.stringContaining('evertoken.yaml at the lines named') as string,
      problems: [
        { path: 'tokens.management.client_id', line: 3 },
        { path: 'tokens.management', line: 3 },
      ],
    });
    expect((await callAs('report', '/v1/tokens/orders')).status).toBe(200);
    expect((await call('/v1/tokens/orders', { headers: { authorization: `Bearer ${other.key}` } })).status).toBe(401);
    expect(agent.configState()).toMatchObject({ generation: 1, problem: expect.stringContaining('unknown key') as string });
    expect(log).toContainEqual(expect.objectContaining({ event: 'config.refused', level: 'error' }));
    await edit(['clientid', 'client_id']);
    expect((await agent.reload()).isApplied).toBe(true);
    expect(agent.configState()).toMatchObject({ generation: 2, problem: undefined });
  });

  it('says what takes a restart, until it is undone', async () => {
    const { agent, edit, home } = await startReloadableAgent();
    await edit([/$/, `policy: { wait_ms: 5000 }\naudit: false\nstore: { file: { folder: "${join(home, 'kept')}" } }\n`]);
    expect(await agent.reload()).toMatchObject({ isApplied: true, changes: [], needsRestart: ['store', 'policy', 'audit'] });
    expect(await agent.reload()).toMatchObject({ needsRestart: ['store', 'policy', 'audit'] });
    await edit([/policy: [\s\S]*/, '']);
    expect(await agent.reload()).toMatchObject({ isApplied: true, needsRestart: [] });
  });

  it('keeps passed tokens by the policy of the start, as it says', async () => {
    const { agent, call, edit, issuer } = await startReloadableAgent({
      yaml: (url, hashOf) => `${twoTokens(url, hashOf)}pass_through: ["${new URL(url).origin}"]\n`,
      before: (issuer) =>
        issuer.answer((request, response) => {
          if (!request.path.includes('/.well-known/')) return issueTokens(60)(request, response);
          json(response, 200, { issuer: new URL(issuer.url).origin, token_endpoint: issuer.url });
        }),
    });
    const ask = async (audience: string): Promise<void> => {
      const asked = { grant_type: 'client_credentials', client_id: 'worker', client_secret: 's3cret', audience };
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const answer = await call('/oauth/token', { method: 'POST', headers, body: new URLSearchParams(asked).toString() });
      expect(answer.status).toBe(200);
    };
    for (const audience of ['urn:a', 'urn:b']) await ask(audience);
    await edit([/$/, 'policy: { max_undeclared: 1 }\n']);
    expect(await agent.reload()).toMatchObject({ isApplied: true, needsRestart: ['policy'] });
    for (const audience of ['urn:c', 'urn:a', 'urn:b']) await ask(audience);
    const asked = issuer.requests.map(({ form }) => form.get('audience')).filter((audience) => /^urn:.$/.test(audience ?? ''));
    expect(asked).toEqual(['urn:a', 'urn:b', 'urn:c']);
  });

  it('that can be refused no more takes effect, and says which token file cannot be written', async () => {
    const [gone, key] = [join(await freshFolder(), 'gone'), newAppKey()];
    await mkdir(gone);
    const { agent, call, edit, log } = await startReloadableAgent({
      // It is asked for after the files were found good, and before they are written.
      certificate: async (hosts) => {
        await rm(gone, { recursive: true, force: true });
        const folder = await openStateFolder(await freshFolder());
        return (await openLocalCa(folder)).serverCertificate(hosts);
      },
    });
    await edit(
      [/key_sha256: \w+/, `key_sha256: ${key.sha256}`],
      [/listen: .*/, 'listen: ["http://127.0.0.1:0", "https://localhost:0"]'],
      [/$/, `files: [{ token: orders, path: ${join(gone, 'a.jwt')} }]\n`],
    );
    const problem = `The token file has no folder: ${join(gone, 'a.jwt')}`;
    expect(await agent.reload()).toMatchObject({ isApplied: true, generation: 2, notInEffect: [problem] });
    expect((await call('/v1/tokens/orders', { headers: { authorization: `Bearer ${key.key}` } })).status).toBe(200);
    expect(log.filter(({ event }) => event === 'config.refused')).toEqual([]);
    await mkdir(gone);
    expect(await agent.reload()).toMatchObject({ isApplied: true, notInEffect: [] });
    expect(await readFile(join(gone, 'a.jwt'), 'utf8')).toMatch(/^token-/);
  });

  it('moves the files of tokens', async () => {
    const { agent, edit, home } = await startReloadableAgent();
    const path = (name: string): string => join(home, name);
    await edit([/$/, 'files: [{ token: orders, path: a.jwt, remove_on_stop: true }]\n']);
    expect((await agent.reload()).isApplied).toBe(true);
    expect(await readFile(path('a.jwt'), 'utf8')).toMatch(/^token-/);
    await edit(['a.jwt', 'none/b.jwt']);
    expect(await agent.reload()).toMatchObject({ isApplied: false, message: expect.stringContaining('has no folder') as string });
    expect(await readFile(path('a.jwt'), 'utf8')).toMatch(/^token-/);
    await edit(['none/b.jwt', 'b.jwt']);
    expect(await agent.reload()).toMatchObject({ changes: [`file ${path('b.jwt')} added`, `file ${path('a.jwt')} removed`] });
    expect(await readFile(path('b.jwt'), 'utf8')).toMatch(/^token-/);
    await expect(readFile(path('a.jwt'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('takes the config that it is given', async () => {
    const { agent, home } = await startRunningAgent({ yaml: twoTokens });
    onTestFinished(() => agent.close());
    expect(await agent.reload()).toMatchObject({
      isApplied: false,
      message: 'This agent was started with a config that is written nowhere',
    });
    const folder = await openStateFolder(join(home, 'state'));
    const config = await loadAgentConfig({
      file: join(home, 'evertoken.yaml'),
      env: {},
      folder,
      listen: ['http://127.0.0.1:0', 'http://127.0.0.1:0'],
    });
    expect((await agent.reload(config)).isApplied).toBe(true);
    expect(agent.urls).toHaveLength(2);
  });
});
