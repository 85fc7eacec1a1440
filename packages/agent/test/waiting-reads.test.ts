import { setMaxListeners } from 'node:events';
import { issueTokens, ManualClock } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Answer, type RunningAgent, startRunningAgent } from './a-running-agent.ts';

/** An app each for a token that nobody answers for and one that is there; and an issuer of clients of their own. */
async function start(): Promise<{ running: RunningAgent; form: (parameters: Record<string, string>) => Promise<Answer> }> {
  const running = await startRunningAgent({
    clock: new ManualClock(),
    isReady: false,
    before: (issuer) => {
      const issue = issueTokens(86_400);
      // Left hanging: `stuck`.
      issuer.answer((request, response) => (request.form.get('audience') === 'urn:stuck' ? undefined : issue(request, response)));
    },
    yaml: (issuer, hashOf) => `
tokens:
  stuck: { token_endpoint: "${issuer}", client_id: m2m, client_secret: s3cret, audience: "urn:stuck" }
  fresh: { token_endpoint: "${issuer}", client_id: m2m, client_secret: s3cret, audience: "urn:fresh" }
apps:
  waiting: { key_sha256: ${hashOf('waiting')}, tokens: [stuck, fresh] }
  other: { key_sha256: ${hashOf('other')}, tokens: [stuck, fresh] }
`,
  });
  onTestFinished(async () => {
    // What waits for an answer of it hears that there is none.
    await running.issuer.close();
    await running.close();
  });
  await expect.poll(async () => (await running.callAs('other', '/v1/tokens/fresh')).status).toBe(200);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return {
    running,
    form: (parameters) =>
      running.call('/oauth/token', {
        method: 'POST',
        headers,
        body: new URLSearchParams({ grant_type: 'client_credentials', ...parameters }).toString(),
      }),
  };
}

/** So many of `answers` as have come, once `count` of them have. */
async function first(count: number, answers: readonly Promise<Answer>[]): Promise<Answer[]> {
  const came: Answer[] = [];
  for (const answer of answers)
    void answer.then(
      (one) => came.push(one),
      () => undefined,
    );
  await expect.poll(() => came.length, { timeout: 30_000 }).toBe(count);
  return came;
}

it('an app that is alone may wait with as many requests as a listener takes', { timeout: 60_000 }, async () => {
  let release: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    release = resolve;
  });
  const running = await startRunningAgent({
    isReady: false,
    before: (issuer) => {
      const issue = issueTokens(86_400);
      issuer.answer(async (request, response) => {
        await asked;
        await issue(request, response);
      });
    },
    yaml: (issuer, hashOf) => `
tokens:
  orders: { token_endpoint: "${issuer}", client_id: m2m, client_secret: s3cret, audience: "urn:orders" }
apps:
  report: { key_sha256: ${hashOf('report')}, tokens: [orders] }
`,
  });
  onTestFinished(() => running.close());
  const reads = Array.from({ length: 200 }, () => running.callAs('report', '/v1/tokens/orders'));
  await expect.poll(() => running.agent.tokens()[0]?.status.waiters, { timeout: 8_000 }).toBe(200);
  release();
  expect(new Set((await Promise.all(reads)).map(({ status }) => status))).toEqual(new Set([200]));
  expect(running.issuer.requests).toHaveLength(1);
});

describe('an app that waits for a token that nobody answers for', { timeout: 60_000 }, () => {
  it('waits with so many requests and no more, and leaves connections to apps whose token is there', async () => {
    const { running, form } = await start();
    const stuck = Array.from({ length: 200 }, () => running.callAs('waiting', '/v1/tokens/stuck'));
    const refused = await first(136, stuck);
    for (const answer of refused) {
      expect([answer.status, answer.json()['code'], answer.headers['retry-after'], answer.headers.connection]).toEqual([
        429,
        'too_many_waiting',
        '1',
        'close',
      ]);
    }
    const own = { client_id: 'waiting', client_secret: running.keys['waiting'] ?? '' };
    const granted = await form({ ...own, audience: 'urn:stuck' });
    expect([granted.status, granted.json()['error']]).toEqual([429, 'too_many_waiting']);
    // What is there costs it nothing, in any form.
    expect((await running.callAs('waiting', '/v1/tokens/fresh')).status).toBe(200);
    expect((await running.callAs('waiting', '/v1/tokens/fresh?min_ttl=60')).status).toBe(200);
    expect((await form({ ...own, audience: 'urn:fresh' })).status).toBe(200);
    expect((await running.callAs('other', '/v1/tokens/fresh')).status).toBe(200);
  });

  it('may wait again when programs have left', async () => {
    const { running } = await start();
    const leave = new AbortController();
    setMaxListeners(200, leave.signal);
    const stuck = Array.from({ length: 65 }, () => running.callAs('waiting', '/v1/tokens/stuck', { signal: leave.signal }));
    const left = Promise.allSettled(stuck);
    await first(1, stuck);
    leave.abort();
    await left;
    const reject = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"fingerprint":"0123456789abcdef"}' };
    let answered = false;
    void running.callAs('waiting', '/v1/tokens/stuck/reject', reject).then(
      () => (answered = true),
      () => undefined,
    );
    await expect.poll(() => running.agent.tokens()[0]?.status.waiters).toBe(65);
    expect(answered).toBe(false);
  });
});
