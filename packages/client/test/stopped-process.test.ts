import { generateKeyPairSync } from 'node:crypto';
import type { Clock, KeptToken, Timer, TokenKeeper, TokenRequest } from '@evertoken/client';
import { issueTokens, json, type ManualClock, nextTurn, type Script, SharedMemory } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { aStage, failureOf, heldBack, untilRequests } from './stage.ts';

const HOUR = 3_600_000;
const stage = aStage();

/** The clock of a process that can be stopped (SIGSTOP, a runtime that is frozen between calls): both clocks go on, and timers fire when it goes on too. */
class StoppableClock implements Clock {
  readonly #clock: ManualClock;
  readonly #timers = new Set<{ readonly at: number; readonly fire: () => void }>();
  #stoppedMs = 0;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now() + this.#stoppedMs;
  }

  monotonic(): number {
    return this.#clock.monotonic() + this.#stoppedMs;
  }

  setTimer(wake: () => void, delayMs: number): Timer {
    const cancel = (): void => {
      timer.cancel();
      this.#timers.delete(pending);
    };
    const fire = (): void => {
      cancel();
      wake();
    };
    const timer = this.#clock.setTimer(fire, delayMs);
    const pending = { at: this.monotonic() + delayMs, fire };
    this.#timers.add(pending);
    return { cancel };
  }

  stopFor(ms: number): void {
    this.#stoppedMs += ms;
  }

  /** What fell due while it was stopped fires, before anything is read. */
  goOn(): void {
    for (const { at, fire } of [...this.#timers]) if (at <= this.monotonic()) fire();
  }
}

/** A keeper whose token is due, and whose next request is on its way, to be answered by `script`. */
async function asking(script: Script, request: Partial<TokenRequest> = {}) {
  const clock = new StoppableClock(stage.clock);
  const keeper: TokenKeeper = stage.keeper({ clock, schedule: 'on-access' });
  const failures: string[] = [];
  keeper.on('failed', ({ code }) => failures.push(code));
  const kept: KeptToken = keeper.keep({ ...stage.request, ...request } as TokenRequest);
  stage.endpoint.answer(issueTokens(3_600));
  await kept.get();
  stage.clock.advance(0.8 * HOUR);
  stage.endpoint.answer(script);
  await kept.get();
  await untilRequests(stage.endpoint, 2);
  return { clock, kept, failures };
}

const hanging: Script = () => undefined;
const issuing = (accessToken: string, seconds: number, headers: Record<string, string> = {}): Script => {
  return (_request, response) => json(response, 200, { access_token: accessToken, token_type: 'Bearer', expires_in: seconds }, headers);
};

describe('a process that is stopped while it asks for a token', () => {
  it('takes the answer that came meanwhile, with the life that it has left', async () => {
    const { script, release } = heldBack(issuing('late', 3 * 3_600));
    const { clock, kept, failures } = await asking(script);
    clock.stopFor(2 * HOUR);
    const reading = kept.get();
    clock.goOn();
    release();
    const token = await reading;
    expect(token.accessToken).toBe('late');
    expect(token.remainingMs).toBe(HOUR);
    expect(failures).toEqual([]);
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it('asks anew at once where its connection led nowhere: who comes first has a token, and no failure', async () => {
    const { clock, kept, failures } = await asking(hanging);
    clock.stopFor(2 * HOUR);
    const reading = kept.get();
    stage.endpoint.answer(issuing('anew', 3_600));
    clock.goOn();
    stage.clock.advance(500);
    expect((await reading).accessToken).toBe('anew');
    expect(failures).toEqual([]);
    expect(stage.endpoint.requests).toHaveLength(3);
  });

  it('asks anew at once where its connection was cut, and where the answer that came has ended meanwhile', async () => {
    for (const script of [((_request, response) => void response.destroy()) as Script, issuing('ended', 3_600)]) {
      const before = stage.endpoint.requests.length;
      const held = heldBack((request, response) =>
        stage.endpoint.requests.length === before + 2 ? script(request, response) : issuing('anew', 3_600)(request, response),
      );
      const clock = new StoppableClock(stage.clock);
      const kept = stage.keeper({ clock, schedule: 'on-access' }).keep(stage.request);
      stage.endpoint.answer(issueTokens(3_600));
      await kept.get();
      stage.clock.advance(0.8 * HOUR);
      stage.endpoint.answer(held.script);
      await kept.get();
      await untilRequests(stage.endpoint, before + 2);
      clock.stopFor(2 * HOUR);
      const reading = kept.get();
      held.release();
      await untilRequests(stage.endpoint, before + 3);
      held.release();
      expect((await reading).accessToken).toBe('anew');
    }
  });

  it('asks once more and not twice', async () => {
    const { clock, kept, failures } = await asking(hanging);
    clock.stopFor(2 * HOUR);
    const failure = failureOf(kept.get());
    clock.goOn();
    stage.clock.advance(500);
    await untilRequests(stage.endpoint, 3);
    clock.stopFor(2 * HOUR);
    clock.goOn();
    stage.clock.advance(500);
    await failure;
    await nextTurn();
    expect(failures).toEqual(['timeout']);
    expect(stage.endpoint.requests).toHaveLength(3);
  });

  it('takes what another process has saved meanwhile, and asks for nothing more', async () => {
    const clock = new StoppableClock(stage.clock);
    const memory = new SharedMemory(clock);
    const keep = (process: string) => stage.keeper({ clock, schedule: 'on-access', store: memory.store(process) }).keep(stage.request);
    const kept = keep('process-0');
    stage.endpoint.answer(issueTokens(3_600));
    await kept.get();
    stage.clock.advance(0.8 * HOUR);
    stage.endpoint.answer(hanging);
    await kept.get();
    await untilRequests(stage.endpoint, 2);
    clock.stopFor(2 * HOUR);
    stage.endpoint.answer(issuing('of-another', 3_600));
    await keep('process-1').get();
    const reading = kept.get();
    stage.endpoint.answer(issuing('anew', 3_600));
    clock.goOn();
    stage.clock.advance(500);
    expect((await reading).accessToken).toBe('of-another');
    expect(stage.endpoint.requests).toHaveLength(3);
  });

  it('asks anew for no more of its tokens at once than it may ask an issuer for', async () => {
    const clock = new StoppableClock(stage.clock);
    const keeper = stage.keeper({ clock, schedule: 'on-access', policy: { issuerBurst: 2, issuerRatePerSecond: 1 } });
    stage.endpoint.answer(hanging);
    const failures = ['a', 'b', 'c', 'd'].map((scope) => failureOf(keeper.keep({ ...stage.request, scope: [scope] }).get()));
    await untilRequests(stage.endpoint, 2);
    for (const asked of [3, 4]) {
      stage.clock.advance(1_000);
      await untilRequests(stage.endpoint, asked);
    }
    clock.stopFor(2 * HOUR);
    clock.goOn();
    await Promise.all(failures);
    stage.clock.advance(500);
    for (const asked of [6, 7, 8]) {
      await untilRequests(stage.endpoint, asked);
      await nextTurn();
      expect(stage.endpoint.requests).toHaveLength(asked);
      stage.clock.advance(1_000);
    }
  });

  it('learns no time from an answer of before', async () => {
    const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { script, release } = heldBack(issuing('late', 3 * 3_600, { date: new Date(stage.clock.now() + 0.8 * HOUR).toUTCString() }));
    const { clock, kept } = await asking(script, { clientSecret: undefined, privateKey: { key, alg: 'ES256' } } as never);
    clock.stopFor(2 * HOUR);
    const reading = kept.get();
    release();
    await reading;
    stage.clock.advance(HOUR);
    stage.endpoint.answer(issuing('next', 3_600));
    await kept.get();
    await untilRequests(stage.endpoint, 3);
    const [, claims = ''] = stage.endpoint.requests[2]?.form.get('client_assertion')?.split('.') ?? [];
    const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { exp: number };
    expect(exp).toBeGreaterThan(clock.now() / 1000);
  });
});

describe('a process that is not stopped', () => {
  it('ends a request at its deadline, and asks again when the pause is over', async () => {
    const { kept, failures } = await asking(hanging);
    stage.clock.advance(10_000);
    await nextTurn();
    expect(failures).toEqual(['timeout']);
    expect(kept.peek()?.accessToken).toBe('token-1');
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it('takes a token that ends before it comes for a failure, and leaves the issuer alone as after any', async () => {
    const { script, release } = heldBack(issuing('short', 2));
    stage.endpoint.answer(script);
    const keeper = stage.keeper();
    const minted: string[] = [];
    keeper.on('minted', ({ fingerprint }) => minted.push(fingerprint));
    const failure = failureOf(keeper.keep(stage.request).get());
    await untilRequests(stage.endpoint, 1);
    stage.clock.advance(2_500);
    release();
    expect(await failure).toMatchObject({
      code: 'timeout',
      retryable: true,
      retryAfterMs: 500,
      message: expect.stringContaining('took 2500 ms to answer with a token that lives 2000 ms') as string,
    });
    expect(minted).toEqual([]);
    await nextTurn();
    expect(stage.endpoint.requests).toHaveLength(1);
  });
});
