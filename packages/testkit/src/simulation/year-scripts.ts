import fc from 'fast-check';
import type { Happening, LifetimeTold, OutageKind, RateLimitKind, RotationWay, YearScript } from './year-script.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Milliseconds from `from` to `to`, short ones as often as long ones. */
function duration(from: number, to: number): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: 1_000 }).map((share) => Math.round((from * (to / from) ** (share / 1_000)) / 100) * 100);
}

const lifetimes = fc.constantFrom(300, 301, 600, 1_800, 3_600, 7_200, 36_000, 86_400, 7 * 86_400, 30 * 86_400);
const told = fc.constantFrom<LifetimeTold>('number', 'number', 'string', 'nowhere', 'in the JWT');
const storm = {
  callers: fc.integer({ min: 1, max: 100 }),
  times: fc.integer({ min: 1, max: 12 }),
  everyMs: duration(SECOND, 5 * MINUTE),
};

const happenings: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('outage' as const),
      how: fc.constantFrom<OutageKind>(
        'refuses connections',
        'hangs',
        'answers 500',
        'answers 503',
        'answers 200 with HTML',
        'answers 200 with nothing',
      ),
      forMs: fc.oneof({ weight: 9, arbitrary: duration(2 * SECOND, 9 * HOUR) }, { weight: 1, arbitrary: duration(9 * HOUR, 3 * DAY) }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('latency' as const),
      latencyMs: fc.constantFrom(1, 200, 2_500, 4_600, 9_000, 11_000, 12_000),
      forMs: duration(MINUTE, 2 * DAY),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('rate limit' as const),
      how: fc.constantFrom<RateLimitKind>('Retry-After', 'Retry-After as a date', 'X-RateLimit-Reset', 'no header'),
      seconds: fc.constantFrom(1, 7, 30, 59, 120, 900, 3_600, 7_200),
      forMs: duration(2 * SECOND, 2 * HOUR),
    }),
  },
  fc.record({
    kind: fc.constant('quota' as const),
    remaining: fc.integer({ min: 0, max: 8 }),
    resetSeconds: fc.constantFrom(60, 600, 3_540, 43_200),
    forMs: duration(MINUTE, 2 * DAY),
  }),
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('lifetime' as const), seconds: lifetimes, told, tokens: fc.integer({ min: 1, max: 12 }) }),
  },
  fc.record({ kind: fc.constant('same token' as const), forMs: duration(MINUTE, 2 * DAY) }),
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('clock' as const),
      byMs: fc.constantFrom(-HOUR, -10 * MINUTE, -4_000, 4_000, 6_000, 10 * MINUTE, HOUR),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('sleep' as const), forMs: duration(MINUTE, 3 * DAY) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('rotation' as const),
      way: fc.constantFrom<RotationWay>('known before', 'while both are valid', 'too late'),
      stepMs: duration(5 * SECOND, DAY),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('revocation' as const), ...storm }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rejections' as const), ...storm }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('burst' as const),
      callers: fc.integer({ min: 1, max: 200 }),
      minTtlSeconds: fc.constantFrom(0, 0, 0, 120, 3_600, 100_000),
    }),
  },
);

/** Trouble seldom comes alone: happenings in a row, each some time after the one before. */
const incidents = fc.record({
  atShare: fc.integer({ min: 0, max: 999_999 }),
  chain: fc.array(fc.record({ afterMs: duration(100, 12 * HOUR), happening: happenings }), { minLength: 1, maxLength: 5 }),
});

/** A year of long-lived tokens, or as many days of short-lived ones as have about as many mints; seldom with the timer's own longest sleep. */
const spans = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ lifetimeSeconds: fc.constantFrom(43_200, 86_400, 86_401, 7 * 86_400, 30 * 86_400), days: fc.constant(365) }),
  },
  { weight: 2, arbitrary: fc.record({ lifetimeSeconds: fc.constantFrom(3_600, 7_200), days: fc.constant(10) }) },
  { weight: 1, arbitrary: fc.record({ lifetimeSeconds: fc.constantFrom(300, 600, 900), days: fc.constant(1) }) },
);

/** Scripts of simulated years. */
export function yearScripts(): fc.Arbitrary<YearScript> {
  return fc
    .record({
      // First, because what is first shrinks first.
      incidents: fc.array(incidents, { minLength: 1, maxLength: 16, size: 'max' }),
      span: spans,
      told: fc.constantFrom<LifetimeTold>('number', 'string', 'in the JWT'),
      latencyMs: fc.constantFrom(1, 40, 300, 2_000),
      schedule: fc.constantFrom('timer' as const, 'timer' as const, 'timer' as const, 'on-access' as const),
      isFineTimed: fc.integer({ min: 0, max: 9 }).map((n) => n === 9),
      readsALife: fc.constantFrom(0, 0.8, 3, 7),
      seed: fc.nat({ max: 2 ** 31 - 1 }),
    })
    .map(({ span, isFineTimed, incidents, readsALife, ...script }) => {
      const isYear = span.days === 365;
      // At the timer's own 30 s a year has a million stops: then it is a fortnight.
      const days = isYear && isFineTimed ? 14 : span.days;
      const maxSleepMs = isYear && !isFineTimed ? HOUR : 30 * SECOND;
      const dated = incidents.flatMap(({ atShare, chain }) => {
        let at = Math.round((atShare / 1_000_000) * days * DAY);
        return chain.map(({ afterMs, happening }) => {
          at += afterMs;
          return { at, ...bounded(happening, span.lifetimeSeconds * 1000) };
        });
      });
      const happenings = dated.filter(({ at }) => at < days * DAY).sort((a, b) => a.at - b.at);
      const readEveryMs = readsALife === 0 ? undefined : Math.round((span.lifetimeSeconds * 1000) / readsALife);
      return { ...script, lifetimeSeconds: span.lifetimeSeconds, days, maxSleepMs, readEveryMs, happenings };
    });
}

/** Beyond a life and a half an outage brings nothing new, and is asked about every 30 s: it would cost the simulation most. */
function bounded(happening: Happening, lifetimeMs: number): Happening {
  if (happening.kind !== 'outage' && happening.kind !== 'rate limit') return happening;
  return { ...happening, forMs: Math.min(happening.forMs, Math.max(HOUR / 2, 1.5 * lifetimeMs)) };
}
