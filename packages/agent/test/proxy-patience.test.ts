import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import type { Answer } from './a-running-agent.ts';
import { ProxiedApi } from './proxied-api.ts';

const stage = new ProxiedApi();

/** An API that has too much to do for its first `times` answers. */
function busy(times: number, headers: Record<string, string>): void {
  let left = times;
  stage.answer = async (_request, response, read) => {
    await read();
    left -= 1;
    if (left >= 0) response.writeHead(429, headers).end('busy');
    else response.writeHead(200, { 'x-ratelimit-limit': '50', 'x-ratelimit-remaining': '49', 'x-ratelimit-reset': '1' }).end('done');
  };
}

/** A body without end. */
async function* endless(): AsyncGenerator<Buffer> {
  for (;;) yield Buffer.alloc(16_384);
}

/** Half of the tenth, of a second at most, by which calls are spread. */
const spreadOf = (ms: number): number => Math.min(1_000, ms / 10) / 2;

/** Calls, and lets time pass whenever the agent waits: as long as the API asks for in `waits`, and a little more. */
async function callWaiting(
  waits: readonly number[],
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const before = stage.clock.timers;
  const answer = stage.running.callAs('both', '/proxy/management/api/v2/clients', options);
  for (const ms of waits) {
    await expect.poll(() => stage.clock.timers, { interval: 2, timeout: 20_000 }).toBeGreaterThan(before);
    stage.clock.advance(ms + spreadOf(ms) - 1);
    expect(stage.clock.timers).toBeGreaterThan(before);
    stage.clock.advance(1);
  }
  return answer;
}

describe('a call that the API answers 429', () => {
  it('waits for Retry-After and is made again, once or more', async () => {
    busy(2, { 'retry-after': '4' });
    const answer = await callWaiting([4_000, 4_000]);
    expect([answer.status, answer.text, stage.seen.length]).toEqual([200, 'done', 3]);
    expect(answer.headers).toMatchObject({ 'x-ratelimit-limit': '50', 'x-ratelimit-remaining': '49', 'x-ratelimit-reset': '1' });
    expect((await stage.running.call('/metrics')).text).toMatch(/^evertoken_upstream_ratelimit_remaining\{token="management"\} 49$/m);
  });

  it('is made a few times only where the API says that it may be made at once', async () => {
    busy(99, { 'retry-after': '0' });
    const answer = await callWaiting([100, 200, 400, 800, 1_600, 3_200]);
    expect([answer.status, stage.seen.length]).toEqual([429, 7]);
  });

  it('waits for X-RateLimit-Reset where that is all there is', async () => {
    const date = new Date(stage.clock.now()).toUTCString();
    busy(1, { date, 'x-ratelimit-reset': String(Math.floor(stage.clock.now() / 1000) + 3) });
    expect((await callWaiting([3_000])).status).toBe(200);
  });

  it('waits no longer than ten seconds in all', async () => {
    busy(9, { 'retry-after': '6' });
    const answer = await callWaiting([6_000]);
    expect([answer.status, answer.text, answer.headers['retry-after'], stage.seen.length]).toEqual([429, 'busy', '6', 2]);
    busy(1, { 'retry-after': '11' });
    expect((await callWaiting([])).status).toBe(429);
  });

  it('waits as long as its caller prefers, half a minute at most', async () => {
    busy(1, { 'retry-after': '25' });
    expect((await callWaiting([25_000], { headers: { prefer: 'respond-async, wait=28' } })).status).toBe(200);
    busy(1, { 'retry-after': '31' });
    expect((await callWaiting([], { headers: { prefer: 'wait=9999' } })).status).toBe(429);
  });

  it('is told at once to who does not want to wait, to who changes something, and where nothing says how long', async () => {
    const before = stage.clock.timers;
    busy(9, { 'retry-after': '1' });
    expect((await callWaiting([], { headers: { prefer: 'wait=0' } })).status).toBe(429);
    expect((await callWaiting([], { method: 'POST', body: 'x' })).status).toBe(429);
    expect((await callWaiting([], { method: 'DELETE' })).status).toBe(429);
    expect((await callWaiting([], { method: 'GET', headers: { 'content-length': '1' }, body: 'x' })).status).toBe(429);
    busy(9, {});
    expect((await callWaiting([])).status).toBe(429);
    busy(9, { 'retry-after': 'soon' });
    expect((await callWaiting([])).status).toBe(429);
    expect([stage.seen.length, stage.clock.timers]).toEqual([6, before]);
  });

  it('reads no more than a little of what the API says beside it, and none of it from then on', async () => {
    let ended: Promise<void> | undefined;
    stage.answer = (_request, response) => {
      if (ended !== undefined) return void response.end('done');
      ended = pipeline(endless, response.writeHead(429, { 'retry-after': '4' })).catch(() => undefined);
    };
    const before = stage.clock.timers;
    const answer = stage.running.callAs('both', '/proxy/management/api/v2/clients');
    await expect.poll(() => stage.clock.timers, { interval: 2, timeout: 20_000 }).toBeGreaterThan(before);
    // It would go on for ever; its connection ends while the call waits.
    await ended;
    stage.clock.advance(4_000 + spreadOf(4_000));
    expect((await answer).text).toBe('done');
  });

  it('waits no more when its caller has gone', async () => {
    busy(9, { 'retry-after': '5' });
    const before = stage.clock.timers;
    const gone = new AbortController();
    const answer = stage.running.callAs('both', '/proxy/management/api/v2/x', { signal: gone.signal }).catch(() => 'gone');
    await expect.poll(() => stage.clock.timers, { interval: 2, timeout: 20_000 }).toBe(before + 1);
    gone.abort();
    expect(await answer).toBe('gone');
    await expect.poll(() => stage.clock.timers, { interval: 2, timeout: 20_000 }).toBe(before);
    expect(stage.seen).toHaveLength(1);
  });
});
