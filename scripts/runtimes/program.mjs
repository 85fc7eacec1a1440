// What a program does with the client, in nothing but web standards: the same on every runtime.
import { TokenKeeper } from '@evertoken/client';

/**
 * Uses every way to a token against the issuer at `origin` (issuer.mjs).
 * @param {string} origin
 * @param {'timer' | 'on-access'} schedule
 * @returns {Promise<string[]>} what worked
 * @throws {Error} at the first thing that did not
 */
export async function useClient(origin, schedule) {
  // A token of this moment may be replaced, which it may not otherwise.
  const keeper = new TokenKeeper({ schedule, policy: { mintFloorMs: 0 } });
  const client = { clientId: 'worker', clientSecret: 'not a secret' };
  const worked = [];
  const expectThat = (isTrue, what) => {
    if (!isTrue) throw new Error(`not so: ${what}`);
    worked.push(what);
  };

  const posted = keeper.keep({ tokenEndpoint: `${origin}/token`, ...client });
  const tokens = await Promise.all(Array.from({ length: 100 }, () => posted.get()));
  expectThat(new Set(tokens.map(({ accessToken }) => accessToken)).size === 1, 'a hundred callers share one token');
  expectThat(posted.peek()?.expiresInSeconds > 3_000, 'the token is read without waiting');
  expectThat(!JSON.stringify(tokens[0]).includes(tokens[0].accessToken), 'a token is not shown by accident');

  const discovered = keeper.keep({ issuer: origin, clientAuthentication: 'client_secret_basic', ...client });
  expectThat((await discovered.get()).tokenType === 'Bearer', 'the issuer is found by its metadata, the secret goes in the header');

  const rsa = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };
  const { privateKey } = await crypto.subtle.generateKey(rsa, true, ['sign', 'verify']);
  const signed = keeper.keep({ tokenEndpoint: `${origin}/token`, clientId: 'worker', privateKey: { key: privateKey } });
  expectThat((await signed.get()).scope === 'signed', 'a client signs who it is');

  const bound = keeper.keep({ tokenEndpoint: `${origin}/token`, ...client, dpop: true });
  expectThat((await bound.get()).tokenType === 'DPoP', 'a token is bound to a key');
  expectThat((await bound.fetch(`${origin}/bound`)).status === 200, 'the key is proven to the API');

  const first = await posted.get();
  const response = await posted.fetch(`${origin}/api?stale=${first.accessToken}`, { method: 'POST', body: 'again' });
  expectThat(response.status === 200 && (await response.text()) === 'again', 'a call is made again with another token after a 401');

  const refused = keeper.keep({ tokenEndpoint: `${origin}/refuse`, ...client });
  const failure = await refused.get().then(
    () => undefined,
    (error) => error,
  );
  expectThat(failure?.code === 'invalid_client' && failure.retryable === false, 'a refusal is a typed error');
  await keeper.close();
  return worked;
}
