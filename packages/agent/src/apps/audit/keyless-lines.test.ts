import { ManualClock } from '@evertoken/testkit';
import { expect, it } from 'vitest';
import type { AuditEntry } from './audit-entry.ts';
import { KeylessLines } from './keyless-lines.ts';

const entry: AuditEntry = {
  event: 'token.read',
  app: '(unknown)',
  listener: 'http://127.0.0.1:8400',
  token: '',
  fingerprint: undefined,
  pattern: 'GET /v1/tokens/:name',
  status: 401,
  requestId: 'request-1',
  ms: 0,
};

function someLines() {
  const clock = new ManualClock();
  const sums: number[] = [];
  const lines = new KeylessLines(clock, (count) => sums.push(count));
  const given = (count: number, changes: Partial<AuditEntry> = {}): number =>
    Array.from({ length: count }, () => lines.hasLine({ ...entry, ...changes })).filter(Boolean).length;
  return { clock, sums, lines, given };
}

it('of requests without a key ten a second have a line, and one line each ten seconds tells how many more there were', () => {
  const { clock, sums, given } = someLines();
  expect(given(40_000)).toBe(10);
  clock.advance(1_000);
  expect(given(100)).toBe(10);
  expect(sums).toEqual([]);
  clock.advance(9_000);
  expect(sums).toEqual([39_990 + 90]);
  clock.advance(60_000);
  expect([sums.length, clock.timers]).toEqual([1, 0]);
});

it('clients that are passed through count as such until the issuer has given them a token; apps and holders of a token never', () => {
  const { given } = someLines();
  expect(given(20)).toBe(10);
  expect(given(20, { app: '(passed through)', status: 401 })).toBe(0);
  expect(given(20, { app: '(passed through)', status: 200, fingerprint: '0123456789abcdef' })).toBe(20);
  for (const app of ['report', '(live token)']) expect(given(20, { app, status: 403 })).toBe(20);
});

it('what was counted is told at the end too, and nothing where there was nothing', () => {
  const { clock, sums, lines, given } = someLines();
  given(12);
  lines.sumUp();
  lines.sumUp();
  expect([sums, clock.timers]).toEqual([[2], 0]);
});
