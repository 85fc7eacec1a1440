import { execFileSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issueTokens, refuseWith } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import type { TokenHistory } from '../src/deliver/status-page/contract.ts';
import { twoApps } from './a-running-agent.ts';
import { cookieOf, newLink, startWithPage, watch } from './a-status-page.ts';

describe('what the page is told', () => {
  it('is first all there is, then what changed, then from where it left off', async () => {
    const { running, clock, own } = await startWithPage();
    const first = watch(running, own);
    await expect.poll(() => first.updates).toHaveLength(1);
    const [whole] = first.updates;
    expect(whole).toMatchObject({ isWhole: true, store: { kind: 'file', isDegraded: false, hasUnsavedTokens: false } });
    expect(whole?.agent).toMatchObject({ tokens: ['management', 'orders', 'secret'], apps: ['report', 'dashboard', 'both'] });
    expect(whole?.tokens?.map(({ name, state }) => [name, state])).toEqual([
      ['management', 'fresh'],
      ['orders', 'fresh'],
      ['secret', 'fresh'],
    ]);

    await running.callAs('report', '/v1/tokens/orders');
    await running.callAs('dashboard', '/v1/tokens/management');
    clock.advance(1_000);
    await expect.poll(() => first.updates).toHaveLength(2);
    const [, change] = first.updates;
    expect(Object.keys(change ?? {}).sort()).toEqual(['apps', 'id', 'isWhole', 'now']);
    expect(change?.apps).toEqual([
      expect.objectContaining({ name: 'report', handOuts: 1, refusals: 0, perSecond: 1 }),
      expect.objectContaining({ name: 'dashboard', handOuts: 0, refusals: 1, lastRefusal: { at: expect.any(Number), status: 403 } }),
    ]);

    const second = watch(running, { ...own, 'last-event-id': whole?.id ?? '' });
    await expect.poll(() => second.updates).toHaveLength(1);
    expect(second.updates[0]).toMatchObject({ isWhole: false, apps: [{ name: 'report' }, { name: 'dashboard' }] });
    expect(second.updates[0]?.tokens).toBeUndefined();
    const stranger = watch(running, { ...own, 'last-event-id': 'feedfeedfeed-1' });
    await expect.poll(() => stranger.updates).toHaveLength(1);
    expect(stranger.updates[0]?.isWhole).toBe(true);
  });

  it('names no token, no secret and no key', async () => {
    const { running, own } = await startWithPage();
    const live = await running.callAs('report', '/v1/tokens/orders', { headers: { accept: 'text/plain' } });
    const { updates } = watch(running, own);
    await expect.poll(() => updates).toHaveLength(1);
    const history = await running.call('/status/history/orders', { headers: own });
    const told = JSON.stringify(updates) + history.text;
    for (const secret of [live.text, 'issuer-s3cret', ...Object.values(running.keys)]) expect(told).not.toContain(secret);
  });

  it('has the failure that stands, how the issuer does, and the history', async () => {
    const { running, clock, own, post } = await startWithPage();
    clock.advance(60_000);
    running.issuer.answer(refuseWith(403, 'access_denied', 'Service not enabled within domain: urn:orders'));
    const refused = await post('/status/tokens/orders/mint');
    expect(refused.json()).toEqual({ isMinted: false, message: expect.stringMatching(/Service not enabled within domain/) });
    const { updates } = watch(running, own);
    await expect.poll(() => updates).toHaveLength(1);
    const orders = updates[0]?.tokens?.find(({ name }) => name === 'orders');
    expect(orders).toMatchObject({
      state: 'fresh',
      failure: {
        code: 'access_denied',
        retryable: false,
        attempts: 1,
        message: expect.stringMatching(/\w/),
        step: expect.stringMatching(/\w/),
      },
    });
    expect(updates[0]?.issuers).toEqual([expect.objectContaining({ health: 'refusing', answer: '403', failures: 1 })]);
    const history = (await running.call('/status/history/orders', { headers: own })).json() as unknown as TokenHistory;
    expect(history.entries.map(({ kind, note }) => [kind, note])).toEqual([
      ['minted', null],
      ['failed', 'access_denied'],
    ]);
    expect((await running.call('/status/history/nothing', { headers: own })).status).toBe(404);
  });

  it('ends with the agent, at once, and with the session', async () => {
    const { running, own, clock, post } = await startWithPage();
    const watched = watch(running, own);
    await expect.poll(() => watched.updates).toHaveLength(1);
    await post('/status/session/end');
    clock.advance(5_000);
    await expect.poll(() => watched.isOver).toBe(true);

    const cookie = cookieOf(await running.call(await newLink(running)));
    const other = watch(running, { cookie });
    await expect.poll(() => other.updates).toHaveLength(1);
    await running.agent.close();
    await expect.poll(() => other.isOver).toBe(true);
  });

  it('follows a reload, and forgets what is gone', async () => {
    const { running, own } = await startWithPage({
      isReloadable: true,
      yaml: (issuer, hashOf) => `${twoApps('http://127.0.0.1:1')(issuer, hashOf)}listen: ["http://127.0.0.1:0"]\n`,
    });
    const watched = watch(running, own);
    await expect.poll(() => watched.updates).toHaveLength(1);
    const config = join(running.home, 'evertoken.yaml');
    const text = await readFile(config, 'utf8');
    await writeFile(config, text.replace(/^ {2}secret: .*\n/m, '').replace(/^ {2}report: .*\n/m, ''));
    expect((await running.agent.reload()).isApplied).toBe(true);
    await expect.poll(() => watched.updates.at(-1)?.agent).toMatchObject({ tokens: ['management', 'orders'], apps: ['dashboard', 'both'] });
  });
});

describe('what may be done on the page', () => {
  it('mints a token now, within the limits that hold for everybody', async () => {
    const { running, clock, post } = await startWithPage();
    const early = await post('/status/tokens/orders/mint');
    expect(early.json()).toEqual({ isMinted: false, message: expect.stringMatching(/a moment ago.* It may be minted again in 30 s\.$/) });
    clock.advance(60_000);
    const before = (await running.callAs('report', '/v1/tokens/orders')).json()['fingerprint'];
    const minted = await post('/status/tokens/orders/mint');
    expect(minted.json()).toEqual({ isMinted: true, message: expect.stringMatching(/^orders is now [0-9a-f]{16}\.$/) });
    const after = (await running.callAs('report', '/v1/tokens/orders')).json()['fingerprint'];
    expect(after).not.toBe(before);
    expect(minted.text).toContain(String(after));
    expect((await post('/status/tokens/nothing/mint')).status).toBe(404);
    expect(running.log.filter(({ event }) => event === 'page.mint_asked')).toHaveLength(2);
  });

  it('says that the issuer gave the same token again', async () => {
    const { running, clock, post } = await startWithPage({
      // A new count for each request.
      before: (issuer) => issuer.answer((request, response) => issueTokens(86_400)(request, response)),
    });
    clock.advance(60_000);
    expect((await post('/status/tokens/orders/mint')).json()).toMatchObject({ isMinted: false });
    expect(running.issuer.requests.length).toBeGreaterThan(3);
  });

  it('makes an app key that works once its lines stand in the config, and keeps it nowhere', async () => {
    const { running, post } = await startWithPage();
    const made = (
      await post('/status/keys', { 'content-type': 'application/json' }, '{"app":"nightly","tokens":["orders","management"]}')
    ).json();
    expect(made).toEqual({
      app: 'nightly',
      key: expect.stringMatching(/^evk_[0-9A-Za-z]{49}$/),
      where: 'In evertoken.yaml, below apps',
      config: expect.stringMatching(/^ {2}nightly:\n {4}key_sha256: "[0-9a-f]{64}"\n {4}tokens: \[orders, management\]$/),
    });
    expect(JSON.stringify(running.log)).not.toContain(String(made['key']));
    expect((await running.call('/v1/status', { headers: { authorization: `Bearer ${made['key']}` } })).status).toBe(401);
  });

  it('tells the lines as they fit into the config: a further key for an app that is there, the whole section where there is none', async () => {
    const { running, post } = await startWithPage();
    const made = async (app: string) => (await post('/status/keys', {}, JSON.stringify({ app, tokens: ['orders'] }))).json();
    expect(await made('report')).toMatchObject({
      where: expect.stringContaining('where report is already') as string,
      config: expect.stringMatching(/^ {4}keys:\n {6}- \{ sha256: "[0-9a-f]{64}" \}$/) as string,
    });
    const file = join(running.home, 'evertoken.yaml');
    const [tokens = ''] = (await readFile(file, 'utf8')).split(/^apps:/m);
    for (const text of [tokens, 'no: [ YAML']) {
      await writeFile(file, text);
      expect(await made('report')).toMatchObject({
        where: 'In evertoken.yaml',
        config: expect.stringMatching(/^apps:\n {2}report:\n/) as string,
      });
    }
  });

  it('makes an app key also where the config came through a pipe, which nobody writes a second time', async () => {
    const { running, post } = await startWithPage();
    const file = join(running.home, 'evertoken.yaml');
    await rm(file);
    execFileSync('mkfifo', [file]);
    const made = await post('/status/keys', {}, '{"app":"nightly","tokens":["orders"]}');
    expect([made.status, made.json()]).toEqual([200, expect.objectContaining({ app: 'nightly', where: 'In evertoken.yaml' })]);
  });

  it.each([
    ['{"app":"no good","tokens":["orders"]}', 'invalid_app_name'],
    ['{"tokens":["orders"]}', 'invalid_app_name'],
    ['{"app":"nightly","tokens":[]}', 'unknown_token'],
    ['{"app":"nightly","tokens":["nothing"]}', 'unknown_token'],
    ['{"app":"nightly","tokens":"orders"}', 'unknown_token'],
    ['nightly', 'invalid_request_body'],
    ['null', 'invalid_request_body'],
  ])('makes no key for %s', async (body, code) => {
    const { post } = await startWithPage();
    const answer = await post('/status/keys', {}, body);
    expect([answer.status, answer.json()['code']]).toEqual([400, code]);
  });
});
