import fc from 'fast-check';
import type { Happening, IssuerName, LifetimeTold, OutageKind, RateLimitKind, RotationWay, StoreTrouble } from './year-script.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Milliseconds from `from` to `to`, short ones as often as long ones. */
export function duration(from: number, to: number): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: 1_000 }).map((share) => Math.round((from * (to / from) ** (share / 1_000)) / 100) * 100);
}

export const told: fc.Arbitrary<LifetimeTold> = fc.constantFrom('number', 'number', 'string', 'nowhere', 'in the JWT');
const lifetimes = fc.constantFrom(300, 301, 600, 1_800, 3_600, 7_200, 36_000, 86_400, 7 * 86_400, 30 * 86_400);
const jumps = fc.constantFrom(-HOUR, -10 * MINUTE, -4_000, 4_000, 6_000, 10 * MINUTE, HOUR);
const issuer = fc.constantFrom<IssuerName>('A', 'A', 'A', 'B');
const token = fc.nat({ max: 11 });
const storm = {
  token,
  callers: fc.integer({ min: 1, max: 100 }),
  times: fc.integer({ min: 1, max: 12 }),
  everyMs: duration(SECOND, 5 * MINUTE),
};

/** `weight` in all of a happening of `kind` with `parts`. */
function happening<K extends Happening['kind'], P>(weight: number, kind: K, parts: { [Name in keyof P]: fc.Arbitrary<P[Name]> }) {
  return { weight, arbitrary: fc.record(parts).map((some) => ({ kind, ...some })) };
}

const outages: fc.Arbitrary<OutageKind> = fc.constantFrom(
  'refuses connections',
  'hangs',
  'hangs',
  'hangs',
  'answers 500',
  'answers 503',
  'answers 200 with HTML',
  'answers 200 with nothing',
);
const limits: fc.Arbitrary<RateLimitKind> = fc.constantFrom('Retry-After', 'Retry-After as a date', 'X-RateLimit-Reset', 'no header');
const ways: fc.Arbitrary<RotationWay> = fc.constantFrom('known before', 'known among three', 'while both are valid', 'too late');
const storeTroubles: fc.Arbitrary<StoreTrouble> = fc.constantFrom('fails', 'is slow', 'forgets');

/** Anything that may happen. */
export const happenings: fc.Arbitrary<Happening> = fc.oneof(
  happening(4, 'outage', {
    issuer,
    how: outages,
    forMs: fc.oneof({ weight: 9, arbitrary: duration(2 * SECOND, 9 * HOUR) }, { weight: 1, arbitrary: duration(9 * HOUR, 3 * DAY) }),
  }),
  happening(2, 'latency', {
    issuer,
    latencyMs: fc.constantFrom(1, 200, 2_500, 4_600, 9_000, 11_000, 12_000),
    forMs: duration(MINUTE, 2 * DAY),
  }),
  happening(2, 'rate limit', {
    issuer,
    how: limits,
    seconds: fc.constantFrom(1, 7, 30, 59, 120, 900, 3_600, 7_200),
    forMs: duration(2 * SECOND, 2 * HOUR),
  }),
  happening(1, 'quota', {
    issuer,
    remaining: fc.integer({ min: 0, max: 8 }),
    resetSeconds: fc.constantFrom(60, 600, 3_540, 43_200),
    forMs: duration(MINUTE, 2 * DAY),
  }),
  happening(1, 'same token', { issuer, forMs: duration(MINUTE, 2 * DAY) }),
  happening(1, 'issuer clock', { issuer, byMs: jumps }),
  happening(3, 'lifetime', { token, seconds: lifetimes, told, tokens: fc.integer({ min: 1, max: 12 }) }),
  happening(2, 'rotation', { token, way: ways, stepMs: duration(5 * SECOND, DAY) }),
  happening(1, 'no secret', { token, forMs: duration(SECOND, DAY) }),
  happening(2, 'revocation', storm),
  happening(2, 'rejections', storm),
  happening(4, 'burst', {
    token,
    callers: fc.integer({ min: 1, max: 200 }),
    minTtlSeconds: fc.constantFrom(0, 0, 0, 120, 3_600, 100_000),
    abortMs: fc.constantFrom(0, 0, 1, 500, 3_000),
  }),
  happening(2, 'close', { token, forMs: duration(100, DAY) }),
  happening(2, 'rush', { callers: fc.integer({ min: 1, max: 20 }) }),
  happening(2, 'store', { how: storeTroubles, forMs: duration(MINUTE, 2 * DAY) }),
  happening(2, 'clock', { byMs: jumps }),
  happening(2, 'sleep', { forMs: duration(MINUTE, 3 * DAY) }),
  happening(2, 'restart', { isStoreLost: fc.constantFrom(false, false, true) }),
);
