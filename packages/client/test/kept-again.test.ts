import { generateKeyPairSync, sign } from 'node:crypto';
import type { PrivateKey, TokenRequest } from '@evertoken/client';
import { identified, secretFromCommand, secretFromEnv, secretFromFile } from '@evertoken/client/secrets';
import { issueTokens, json, passTime, refuseWith, untilSettled } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { aStage, failureOf, heldBack, untilRequests } from './stage.ts';

const stage = aStage();
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const env = { A_SECRET: 's3cret' };
const pem = (key: typeof rsa.privateKey) => key.export({ type: 'pkcs8', format: 'pem' }) as string;

const withKey = (privateKey: PrivateKey): TokenRequest => {
  const { clientSecret: _, ...request } = stage.request;
  return { ...request, privateKey };
};

describe('a client that is kept again', () => {
  const read = () => 's3cret';
  const signer = (data: Uint8Array) => sign('sha256', data, rsa.privateKey);
  const text = pem(rsa.privateKey);
  it.each<[string, () => TokenRequest]>([
    ['a text', () => stage.request],
    ['a file', () => ({ ...stage.request, clientSecret: secretFromFile('/dev/null/secret') })],
    ['a variable', () => ({ ...stage.request, clientSecret: secretFromEnv('A_SECRET', env) })],
    ['a program', () => ({ ...stage.request, clientSecret: secretFromCommand(['echo', 's3cret']) })],
    ['a function', () => ({ ...stage.request, clientSecret: [read, 'other'] })],
    ['what reads it and something more', () => ({ ...stage.request, clientSecret: identified(() => 's3cret', [secretFromFile('a'), 1]) })],
    ['a private key', () => withKey({ key: text, alg: 'RS256' })],
    ['a JWK', () => withKey({ key: { ...rsa.privateKey.export({ format: 'jwk' }) }, alg: 'RS256' })],
    ['a KeyObject', () => withKey({ key: rsa.privateKey, alg: 'RS256' })],
    ['a function that is written out each time', () => ({ ...stage.request, clientSecret: () => 's3cret' })],
    ['a signer that is written out each time', () => withKey({ alg: 'RS256', sign: (data) => signer(data) })],
    ['a signer', () => withKey({ alg: 'RS256', sign: signer })],
  ])('with the same secret from %s leaves the issuer alone that refused it', async (_from, request) => {
    stage.endpoint.answer(refuseWith(401, 'invalid_client', 'no'));
    const keeper = stage.keeper();
    const kept = keeper.keep(request());
    const { code } = await failureOf(kept.get());
    const count = stage.endpoint.requests.length;
    for (let i = 0; i < 10; i += 1) {
      keeper.keep(request());
      expect(await failureOf(kept.get())).toMatchObject({ code });
    }
    expect(stage.endpoint.requests).toHaveLength(count);
  });

  it.each<[string, TokenRequest['clientSecret']]>([
    ['another text', 'another'],
    ['another source', secretFromEnv('A_SECRET', { ...env })],
    ['another function', () => 'another'],
    ['one more', ['s3cret', 'another']],
  ])('with %s is asked for at once', async (_what, clientSecret) => {
    stage.endpoint.answer(refuseWith(401, 'invalid_client', 'no'));
    const keeper = stage.keeper();
    for (const secret of [secretFromEnv('A_SECRET', env), clientSecret]) {
      const before = stage.endpoint.requests.length;
      await failureOf(keeper.keep({ ...stage.request, clientSecret: secret ?? '' }).get());
      expect(stage.endpoint.requests.length).toBeGreaterThan(before);
    }
  });

  it('with a function that is written out each time uses the last one, once the pause is over', async () => {
    stage.endpoint.answer(refuseWith(401, 'invalid_client', 'no'));
    const keeper = stage.keeper();
    await failureOf(keeper.keep({ ...stage.request, clientSecret: () => 'first' }).get());
    const kept = keeper.keep({ ...stage.request, clientSecret: () => 'last' });
    await failureOf(kept.get());
    stage.clock.advance(30_000);
    await failureOf(kept.get());
    expect(stage.endpoint.requests.map(({ form }) => form.get('client_secret'))).toEqual(['first', 'last']);
  });

  it('with another key is asked for at once', async () => {
    stage.endpoint.answer(refuseWith(401, 'invalid_client', 'no'));
    const keeper = stage.keeper();
    const jwk = rsa.privateKey.export({ format: 'jwk' });
    for (const [i, privateKey] of [{ key: { ...jwk } }, { key: { ...jwk, kid: 'b' } }, { key: rsa.privateKey }].entries()) {
      await failureOf(keeper.keep(withKey(privateKey)).get());
      expect(stage.endpoint.requests).toHaveLength(i + 1);
    }
  });

  it('with another secret waits as long as the issuer asked for all the same', async () => {
    stage.endpoint.answer((_request, response) => json(response, 429, { error: 'too_many_requests' }, { 'retry-after': '60' }));
    const keeper = stage.keeper();
    await failureOf(keeper.keep(stage.request).get());
    const kept = keeper.keep({ ...stage.request, clientSecret: 'another' });
    expect((await failureOf(kept.get())).retryAfterMs).toBe(60_000);
    expect(stage.endpoint.requests).toHaveLength(1);
    stage.clock.advance(60_000);
    await failureOf(kept.get());
    expect(stage.endpoint.requests.map(({ form }) => form.get('client_secret'))).toEqual(['s3cret', 'another']);
  });

  it('with the right secret while the wrong one is on its way has its token from the same mint', async () => {
    const { script, release } = heldBack((request, response) =>
      request.form.get('client_secret') === 'right'
        ? issueTokens(3_600)(request, response)
        : refuseWith(401, 'invalid_client', 'no')(request, response),
    );
    stage.endpoint.answer(script);
    const keeper = stage.keeper();
    const failures: string[] = [];
    keeper.on('failed', ({ code }) => failures.push(code));
    const reading = keeper.keep({ ...stage.request, clientSecret: ['wrong', 'former'] }).get();
    await untilRequests(stage.endpoint, 1);
    keeper.keep({ ...stage.request, clientSecret: 'right' });
    for (const count of [2, 3]) {
      release();
      await untilRequests(stage.endpoint, count);
    }
    release();
    expect((await reading).accessToken).toMatch(/^token-/);
    expect(stage.endpoint.requests.map(({ form }) => form.get('client_secret'))).toEqual(['wrong', 'former', 'right']);
    expect(failures).toEqual([]);
  });

  it('with another wrong secret while a wrong one is on its way is refused once for each', async () => {
    const { script, release } = heldBack(refuseWith(401, 'invalid_client', 'no'));
    stage.endpoint.answer(script);
    const keeper = stage.keeper();
    const reading = failureOf(keeper.keep(stage.request).get());
    await untilRequests(stage.endpoint, 1);
    keeper.keep({ ...stage.request, clientSecret: 'another' });
    release();
    await untilRequests(stage.endpoint, 2);
    release();
    expect(await reading).toMatchObject({ code: 'invalid_client', retryAfterMs: 30_000 });
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it('with ever another wrong secret while one is on its way is refused for some of them, and then left alone', async () => {
    const { script, release } = heldBack(refuseWith(401, 'invalid_client', 'no'));
    stage.endpoint.answer(script);
    const keeper = stage.keeper();
    const failures: number[] = [];
    keeper.on('failed', ({ retryInMs }) => failures.push(retryInMs));
    const keep = (count: number) => keeper.keep({ ...stage.request, clientSecret: `wrong ${count % 2}` });
    const reading = failureOf(keep(0).get());
    for (let count = 1; count <= 6; count += 1) {
      await untilRequests(stage.endpoint, count);
      keep(count);
      release();
    }
    expect(await reading).toMatchObject({ code: 'invalid_client', retryAfterMs: 30_000 });
    expect(failures).toEqual([30_000]);
    await untilSettled(keeper);
    expect(stage.endpoint.requests).toHaveLength(6);
  });

  it('with ever another wrong secret leaves the issuer alone as with one, and has its token soon after the right one came', async () => {
    stage.endpoint.answer((request, response) =>
      request.form.get('client_secret') === 'right'
        ? issueTokens(3_600)(request, response)
        : refuseWith(401, 'invalid_client', 'no')(request, response),
    );
    const keeper = stage.keeper();
    let failures = 0;
    keeper.on('failed', () => {
      failures += 1;
    });
    for (let count = 0; count < 300; count += 1) {
      keeper.keep({ ...stage.request, clientSecret: `wrong ${count % 2}` });
      await untilSettled(keeper);
      stage.clock.advance(200);
    }
    await untilSettled(keeper);
    expect(stage.endpoint.requests.length).toBeLessThanOrEqual(10);
    expect(failures).toBe(stage.endpoint.requests.length);
    const kept = keeper.keep({ ...stage.request, clientSecret: 'right' });
    const { nextAttemptAt = 0 } = kept.status().lastFailure ?? {};
    expect(nextAttemptAt - stage.clock.now()).toBeLessThanOrEqual(30_000);
    await passTime(stage.clock, keeper, 30_000);
    expect(kept.peek()).toBeDefined();
  });

  it('with ever another wrong secret at an issuer that refuses slowly is told as refused, and asked for at once with the last one', async () => {
    const { script, release } = heldBack(refuseWith(401, 'invalid_client', 'no'));
    stage.endpoint.answer(script);
    const keeper = stage.keeper({ policy: { waitMs: 60_000 } });
    const failures: unknown[] = [];
    keeper.on('failed', ({ code, retryInMs, durationMs }) => failures.push([code, retryInMs, durationMs]));
    const keep = (count: number) => keeper.keep({ ...stage.request, clientSecret: `wrong ${count}` });
    const reading = failureOf(keep(1).get());
    for (let count = 1; count <= 2; count += 1) {
      await untilRequests(stage.endpoint, count);
      stage.clock.advance(8_000);
      keep(count + 1);
      stage.clock.advance(1_000);
      release();
    }
    expect(await reading).toMatchObject({ code: 'invalid_client', retryAfterMs: 0 });
    expect(failures).toEqual([['invalid_client', 0, 18_000]]);
    await untilRequests(stage.endpoint, 3);
    release();
    await untilSettled(keeper);
    expect(failures.slice(1)).toEqual([['invalid_client', 30_000, 0]]);
    expect(stage.endpoint.requests.map(({ form }) => form.get('client_secret'))).toEqual(['wrong 1', 'wrong 2', 'wrong 3']);
  });

  it('with another secret while the issuer is in trouble leaves it the time that it takes', async () => {
    const { script, release } = heldBack(refuseWith(503, 'temporarily_unavailable', 'down', { 'retry-after': '60' }));
    stage.endpoint.answer(script);
    const keeper = stage.keeper();
    const reading = failureOf(keeper.keep(stage.request).get());
    await untilRequests(stage.endpoint, 1);
    keeper.keep({ ...stage.request, clientSecret: 'another' });
    release();
    expect(await reading).toMatchObject({ code: 'temporarily_unavailable', retryAfterMs: 60_000 });
    expect(stage.endpoint.requests).toHaveLength(1);
  });

  it('with another source is asked for at once where the former gave none', async () => {
    const keeper = stage.keeper();
    expect(await failureOf(keeper.keep({ ...stage.request, clientSecret: secretFromEnv('NONE', {}) }).get())).toMatchObject({
      code: 'secret_unavailable',
    });
    expect((await keeper.keep(stage.request).get()).accessToken).toBe('token-1');
  });
});
