import { ManualClock } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { RateLimitLine } from './rate-limit-line.ts';

/** A tenant that takes so many requests in each second, and what it was sent at which second. */
function tenantWith(perSecond: number) {
  const clock = new ManualClock();
  const seconds: number[] = [];
  const taken: string[] = [];
  const send = (name: string) => async (): Promise<Response> => {
    const second = Math.floor(clock.now() / 1_000);
    seconds.push(second);
    const isTaken = seconds.filter((other) => other === second).length <= perSecond;
    if (isTaken) taken.push(name);
    return new Response(null, { status: isTaken ? 200 : 429, headers: { 'x-ratelimit-reset': String(second + 1) } });
  };
  return { clock, line: new RateLimitLine(clock), send, taken, seconds };
}

/** Lets the clock go on to each timer until all have their answers. */
async function statuses(clock: ManualClock, answers: readonly Promise<Response>[]): Promise<readonly number[]> {
  let isOver = false;
  const all = Promise.all(answers).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await Promise.resolve();
    if (clock.untilNextTimer !== undefined) clock.advance(clock.untilNextTimer);
  }
  return (await all).map(({ status }) => status);
}

describe('calls of a page with a rate limit', () => {
  it('all come through, in the order in which they were made, with hardly more refusals than seconds', async () => {
    const { clock, line, send, taken, seconds } = tenantWith(2);
    const names = Array.from({ length: 12 }, (_, at) => `call ${at}`);
    const first = names.slice(0, 6).map((name) => line.through(send(name)));
    await expect.poll(() => line.waiting.value).toBe(4);
    const others = names.slice(6).map((name) => line.through(send(name)));
    expect(await statuses(clock, [...first, ...others])).toEqual(names.map(() => 200));
    expect(taken).toEqual(names);
    expect(line.waiting.value).toBe(0);
    expect(seconds.length - names.length).toBeLessThanOrEqual(4 + 5);
  });

  it('are told of a limit that is of a day, at once where the answer says what time it is', async () => {
    const { clock, line } = tenantWith(0);
    const headers = { 'x-ratelimit-reset': String(clock.now() / 1_000 + 86_400), date: new Date(clock.now()).toUTCString() };
    const answer = await line.through(async () => new Response(null, { status: 429, headers }));
    expect([answer.status, line.waiting.value, clock.timers]).toEqual([429, 0, 0]);
  });

  it.each([-86_400, -10, 10, 86_400])('wait as long as the tenant means whose clock is %i s ahead', async (aheadSeconds) => {
    const { clock, line } = tenantWith(0);
    const tenantNow = clock.now() + aheadSeconds * 1_000;
    const headers = { 'x-ratelimit-reset': String(tenantNow / 1_000 + 5), date: new Date(tenantNow).toUTCString() };
    const answers = [new Response(null, { status: 429, headers })];
    const before = clock.now();
    expect(await statuses(clock, [line.through(async () => answers.shift() ?? new Response('{}'))])).toEqual([200]);
    expect(clock.now() - before).toBe(5_000);
  });

  it('are sent once more before a limit of a day is told of, where it may be the clock that is wrong', async () => {
    const { clock, line } = tenantWith(0);
    const headers = { 'x-ratelimit-reset': String(clock.now() / 1_000 + 86_400) };
    let sent = 0;
    const before = clock.now();
    const send = async (): Promise<Response> => {
      sent += 1;
      return new Response(null, { status: 429, headers });
    };
    expect(await statuses(clock, [line.through(send)])).toEqual([429]);
    expect([sent, clock.now() - before, line.waiting.value]).toEqual([2, 1_000, 0]);
  });

  it('wait a little where the clock of the tenant is behind, or nothing is said', async () => {
    const { clock, line } = tenantWith(0);
    const answers = [new Response(null, { status: 429 }), new Response(null, { status: 429, headers: { 'x-ratelimit-reset': '1' } })];
    const before = clock.now();
    expect(await statuses(clock, [line.through(async () => answers.shift() ?? new Response('{}'))])).toEqual([200]);
    expect(clock.now() - before).toBe(500);
  });

  it('go on after one that found nobody', async () => {
    const { clock, line, send } = tenantWith(1);
    const first = line.through(send('first'));
    const answers = [new Response(null, { status: 429 })];
    const lost = line.through(async () => answers.shift() ?? Promise.reject(new Error('nobody there')));
    const after = line.through(send('after'));
    const settled = Promise.allSettled([first, lost, after]);
    await statuses(clock, [settled.then(() => new Response())]);
    expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});
