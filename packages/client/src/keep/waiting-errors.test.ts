import { expect, it } from 'vitest';
import { TokenError } from '../errors.ts';
import { type MintUnderWay, outOfPatience, tooShort } from './waiting-errors.ts';

const mint = (stage: MintUnderWay['minter']['stage'], failure?: TokenError): MintUnderWay => ({
  name: 'orders',
  facts: {
    issuer: 'https://issuer.example.com/',
    tokenEndpoint: 'https://issuer.example.com/token',
    clientId: 'worker',
    audience: 'https://orders.example.com',
    resource: undefined,
    scope: undefined,
    organization: undefined,
  },
  isMinting: true,
  minter: { stage, currentFailure: () => failure },
});

it('the errors of waiting tell whole numbers', () => {
  expect(outOfPatience(mint(undefined), 9_999.948601).message).toContain('within 10000 ms:');
  expect(outOfPatience(mint(undefined), -0.2).message).toContain('within 0 ms:');
  const short = tooShort('orders', 1_199_999.99, undefined, 1_875.1275);
  expect(short.message).toContain('lives 1200 s more');
  // Rounded up: who comes a fraction of a millisecond early comes in vain.
  expect(short.retryAfterMs).toBe(1_876);
});

it.each<[string, MintUnderWay['minter']['stage'], string]>([
  [
    'an issuer that hangs',
    { isAsked: true, forMs: 9_998.4 },
    'https://issuer.example.com/token began 9998 ms ago and has had no whole answer.',
  ],
  ['a request that waits', { isAsked: false, forMs: 40 }, 'has waited 40 ms for its turn, behind other requests of this keeper.'],
  ['another process', undefined, 'another process asks the issuer, and has none yet.'],
])('who waited for %s in vain is told so', (_what, stage, reason) => {
  const error = outOfPatience(mint(stage), 10_000);
  expect(error.message).toContain(reason);
  expect(error.details).toEqual({
    issuer: 'https://issuer.example.com/',
    tokenEndpoint: 'https://issuer.example.com/token',
    clientId: 'worker',
    audience: 'https://orders.example.com',
  });
  expect(error.cause).toBeUndefined();
});

it('who waited in vain is told of the failure before', () => {
  const failure = new TokenError('temporarily_unavailable', 'away', { retryable: true, details: { status: 503 } });
  const error = outOfPatience(mint({ isAsked: true, forMs: 5 }, failure), 10_000);
  expect(error.message).toContain('The attempt before failed with temporarily_unavailable.');
  expect(error).toMatchObject({ code: 'wait_timeout', cause: failure, details: { status: 503 } });
});
