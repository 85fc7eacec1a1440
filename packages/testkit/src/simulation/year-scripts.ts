import fc from 'fast-check';
import { duration, happenings, told } from './random-happenings.ts';
import type { Happening, IssuerName, TokenScript, YearScript } from './year-script.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Trouble seldom comes alone: happenings in a row, each some time after the one before. */
const incidents = fc.record({
  atShare: fc.integer({ min: 0, max: 999_999 }),
  chain: fc.array(fc.record({ afterMs: duration(100, 12 * HOUR), happening: happenings }), { minLength: 1, maxLength: 5 }),
});

/** A year of one long-lived token, or as many days of short-lived or of several ones as have about as many mints. */
const spans = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ lifetimeSeconds: fc.constantFrom(43_200, 86_400, 86_401, 7 * 86_400, 30 * 86_400), days: fc.constant(365) }),
  },
  { weight: 2, arbitrary: fc.record({ lifetimeSeconds: fc.constantFrom(3_600, 7_200), days: fc.constant(10) }) },
  { weight: 1, arbitrary: fc.record({ lifetimeSeconds: fc.constantFrom(300, 600, 900), days: fc.constant(1) }) },
);

/** One token beside others; its life is the script's or a part of it. */
const tokens = fc.record({
  issuer: fc.constantFrom<IssuerName>('A', 'A', 'A', 'B'),
  isDeclared: fc.constantFrom(true, true, false),
  proof: fc.constantFrom<TokenScript['proof']>('secret', 'secret source', 'assertion'),
  told: told.filter((how) => how !== 'nowhere'),
  lifeShare: fc.constantFrom(1, 1, 0.5),
  readsALife: fc.constantFrom(0, 0.1, 0.8, 3, 7),
});

/** Scripts of simulated years. */
export function yearScripts(): fc.Arbitrary<YearScript> {
  return fc
    .record({
      // First, because what is first shrinks first.
      incidents: fc.array(incidents, { minLength: 1, maxLength: 16, size: 'max' }),
      tokens: fc.oneof(
        { weight: 2, arbitrary: fc.array(tokens, { minLength: 1, maxLength: 1 }) },
        { weight: 3, arbitrary: fc.array(tokens, { minLength: 2, maxLength: 4 }) },
        { weight: 2, arbitrary: fc.array(tokens, { minLength: 8, maxLength: 12, size: 'max' }) },
      ),
      span: spans,
      latencyMs: fc.constantFrom(1, 40, 300, 2_000),
      schedule: fc.constantFrom('timer' as const, 'timer' as const, 'timer' as const, 'on-access' as const),
      isFineTimed: fc.integer({ min: 0, max: 9 }).map((n) => n === 9),
      store: fc.constantFrom('memory' as const, 'memory' as const, 'memory' as const, undefined),
      maxUndeclared: fc.constantFrom(10_000, 1, 2, 3),
      maxMintsPerDay: fc.constantFrom(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 100, 12),
      seed: fc.nat({ max: 2 ** 31 - 1 }),
    })
    .map(({ span, isFineTimed, incidents, tokens, ...script }) => {
      const isYear = span.days === 365;
      // At the timer's own 30 s a year has a million stops: then it is a fortnight.
      const wholeDays = isYear && isFineTimed ? 14 : span.days;
      const days = Math.max(1, Math.round(wholeDays / tokens.length));
      const maxSleepMs = isYear && !isFineTimed ? HOUR : 30 * SECOND;
      const dated = incidents.flatMap(({ atShare, chain }) => {
        let at = Math.round((atShare / 1_000_000) * days * DAY);
        return chain.map(({ afterMs, happening }) => {
          at += afterMs;
          return { at, ...bounded(happening, (span.lifetimeSeconds * 1000) / Math.sqrt(tokens.length)) };
        });
      });
      const happenings = dated.filter(({ at }) => at < days * DAY).sort((a, b) => a.at - b.at);
      const kept = tokens.map(({ lifeShare, readsALife, ...token }) => {
        const lifetimeSeconds = Math.max(300, Math.round(span.lifetimeSeconds * lifeShare));
        return { ...token, lifetimeSeconds, readEveryMs: readsALife === 0 ? undefined : Math.round((lifetimeSeconds * 1000) / readsALife) };
      });
      return { ...script, days, maxSleepMs, tokens: kept, happenings };
    });
}

/** Beyond a life and a half an outage brings nothing new, and each token is asked for every 30 s: it would cost the simulation most. */
function bounded(happening: Happening, lifetimeMs: number): Happening {
  if (happening.kind !== 'outage' && happening.kind !== 'rate limit' && happening.kind !== 'no secret') return happening;
  return { ...happening, forMs: Math.min(happening.forMs, Math.max(HOUR / 2, 1.5 * lifetimeMs)) };
}
