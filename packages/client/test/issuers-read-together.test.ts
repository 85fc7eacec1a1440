import type { Fetch, KeptToken } from '@evertoken/client';
import { issueTokens, json, nextTurn } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { anIssuer } from './an-issuer.ts';
import { aStage, failureOf } from './stage.ts';

const stage = aStage();

const requestTo = (issuer: string) => {
  const { tokenEndpoint: _, ...request } = stage.request as { tokenEndpoint: string; clientId: string; clientSecret: string };
  return { ...request, issuer };
};

describe('an issuer of many clients', () => {
  it('is asked for its metadata once, however many of its clients begin at once', async () => {
    let isDown = false;
    const issuer = await anIssuer((_path, response, origin) =>
      isDown ? json(response, 503, {}) : json(response, 200, { issuer: origin, token_endpoint: stage.endpoint.url }),
    );
    stage.endpoint.answer(issueTokens(600));
    const keeper = stage.keeper({ policy: { issuerBurst: 100 } });
    const kept = Array.from({ length: 10 }, (_, i) => keeper.keep({ ...requestTo(issuer.origin), clientId: `client-${i}` }));
    expect(new Set(await Promise.all(kept.map(async (one) => (await one.get()).accessToken))).size).toBe(10);
    expect(issuer.paths).toHaveLength(1);
    isDown = true;
    stage.clock.suspend(90_000_000);
    const failures = await Promise.all(kept.map((one) => failureOf(one.get())));
    expect(new Set(failures.map(({ code }) => code))).toEqual(new Set(['discovery_failed']));
  });

  it('is asked for its metadata for those who stay where one of its clients leaves, and for nobody where all do', async () => {
    const answers: (() => void)[] = [];
    const given: string[] = [];
    const issuer = await anIssuer((path, response, origin) => {
      response.on('close', () => given.push(`${path} ${response.writableEnded ? 'answered' : 'given up'}`));
      answers.push(() => json(response, 200, { issuer: origin, token_endpoint: stage.endpoint.url }));
    });
    const keeper = stage.keeper();
    const [first, second] = ['a', 'b'].map((clientId) => keeper.keep({ ...requestTo(issuer.origin), clientId }));
    const leaving = failureOf((first as KeptToken).get());
    const staying = (second as KeptToken).get();
    while (answers.length < 1) await nextTurn();
    await first?.close();
    expect(await leaving).toMatchObject({ code: 'closed' });
    answers[0]?.();
    expect((await staying).accessToken).toBe('token-1');
    expect(given).toEqual(['/.well-known/oauth-authorization-server answered']);

    const other = stage.keeper();
    const alone = other.keep(requestTo(issuer.origin));
    while (answers.length < 2) await nextTurn();
    await alone.close();
    while (given.length < 2) await nextTurn();
    expect(given[1]).toBe('/.well-known/oauth-authorization-server given up');
  });

  it('is asked for its metadata anew by who comes when an answer is owed for three seconds, and what was asked for last is what is known', async () => {
    const answers: ((tokenEndpoint: string) => void)[] = [];
    const issuer = await anIssuer((_path, response, origin) => {
      answers.push((tokenEndpoint) => json(response, 200, { issuer: origin, token_endpoint: tokenEndpoint }));
    });
    const asked: string[] = [];
    const fetch: Fetch = (url, init) => {
      if (init?.method === 'POST') asked.push(url.replace('https://login.example.com/', ''));
      return globalThis.fetch(init?.method === 'POST' ? stage.endpoint.url : url, init);
    };
    const keeper = stage.keeper({ fetch });
    const read = (clientId: string) => keeper.keep({ ...requestTo(issuer.origin), clientId }).get();
    const early = [read('a')];
    while (answers.length < 1) await nextTurn();
    stage.clock.advance(2_000);
    early.push(read('b'));
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    expect(answers).toHaveLength(1);
    stage.clock.advance(1_000);
    const late = ['c', 'd'].map(read);
    while (answers.length < 2) await nextTurn();
    answers[1]?.('https://login.example.com/latter');
    await Promise.all(late);
    answers[0]?.('https://login.example.com/former');
    await Promise.all(early);
    await read('e');
    expect(asked).toEqual(['latter', 'latter', 'latter', 'latter', 'latter']);
    expect(answers).toHaveLength(2);
  });
});
