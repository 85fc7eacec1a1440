import { expect, it } from 'vitest';
import { outOfPatience, tooShort } from './waiting-errors.ts';

it('the errors of waiting tell whole numbers', () => {
  expect(outOfPatience('orders', 9_999.948601).message).toContain('within 10000 ms;');
  expect(outOfPatience('orders', -0.2).message).toContain('within 0 ms;');
  const short = tooShort('orders', 1_199_999.99, undefined, 1_875.1275);
  expect(short.message).toContain('lives 1200 s more');
  // Rounded up: who comes a fraction of a millisecond early comes in vain.
  expect(short.retryAfterMs).toBe(1_876);
});
