import { newAppKey } from '@evertoken/agent';
import { expect, it } from 'vitest';
import { leaksIn } from './leaks.ts';

const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl';

it('finds what has the form of a secret, and what a variable holds, and says where without saying it', () => {
  const { key } = newAppKey();
  const clientSecret = `${'aB3-_'.repeat(12)}wxyz`;
  for (const [secret, env] of [[key], [jwt], [clientSecret], ['hush-hush', { AUTH0_CLIENT_SECRET: 'hush-hush' }]] as const) {
    const [leak = '', ...others] = leaksIn(`a line\nbefore ${secret} after`, env);
    expect([leak, others]).toEqual([expect.stringMatching(/ in: before $/), []]);
    expect(leak).not.toContain(secret);
  }
});

it('finds nothing in fingerprints, hashes, ids and the names of secrets', () => {
  const text = `fingerprint 0123456789abcdef sha256 ${'0f'.repeat(32)} ${crypto.randomUUID()} client_secret EVERTOKEN_APP_KEY https://localhost:8443/ kty`;
  expect(leaksIn(text, { AUTH0_CLIENT_SECRET: 'hush-hush', AUTH0_DOMAIN: 'localhost:8443' })).toEqual([]);
});
