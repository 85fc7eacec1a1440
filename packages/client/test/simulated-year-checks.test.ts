import { TokenError } from '@evertoken/client';
import {
  BrokenPromise,
  type BrokenPromiseCode,
  type Happening,
  type KeeperMaker,
  simulateYear,
  type TokenScript,
  type YearScript,
} from '@evertoken/testkit/simulation';
import { describe, expect, it } from 'vitest';
import {
  careless,
  clueless,
  deaf,
  idle,
  lingering,
  misguided,
  restless,
  slow,
  stingy,
  timeless,
  twofold,
  watchful,
  withGet,
} from './faulty-keepers.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const outage = (hours: number): Happening => ({ kind: 'outage', issuer: 'A', how: 'answers 503', forMs: hours * HOUR });
const rejections = (times: number, everyMs: number): Happening => ({ kind: 'rejections', token: 0, callers: 10, times, everyMs });
const revocation: Happening = { kind: 'revocation', token: 0, callers: 10, times: 1, everyMs: 0 };

interface Fault {
  readonly code: BrokenPromiseCode;
  readonly keeper: string;
  readonly makeKeeper: KeeperMaker;
  readonly happenings?: readonly { readonly atHour: number; readonly happening: Happening }[];
  readonly schedule?: 'timer' | 'on-access';
  readonly tokens?: readonly Partial<TokenScript>[];
  readonly limits?: Partial<YearScript>;
}

const twelve = Array.from({ length: 12 }, () => ({ readEveryMs: undefined }));
const hanging = (hours: number): Happening => ({ kind: 'outage', issuer: 'A', how: 'hangs', forMs: hours * HOUR });
const undeclared = { isDeclared: false, lifetimeSeconds: 3_600 };

const demand = (callers: number) => ({ kind: 'burst', token: 0, callers, minTtlSeconds: 100_000, abortMs: 0 }) as const;
/** A second after the half of a token's life is over a new process has it from the store, and its callers need more; the issuer's next lives 300 s. */
const afterHalfALife = {
  schedule: 'on-access',
  tokens: [{ lifetimeSeconds: 43_200, readEveryMs: 15 * HOUR }],
  happenings: [
    { atHour: 20.9, happening: { kind: 'lifetime', token: 0, seconds: 300, told: 'number', tokens: 1 } },
    { atHour: 20.95, happening: { kind: 'restart', isStoreLost: false } },
    { atHour: 21 + 1 / 3_600, happening: demand(1) },
    { atHour: 21 + 2 / 3_600, happening: demand(9) },
  ],
} as const;

/** A clock of the issuer that is set, and callers of a token that is due: while the first ones' request is on its way, the machine sleeps. */
const rush: Happening = { kind: 'rush', callers: 1 };
const unheardClock = {
  schedule: 'on-access',
  tokens: [{ proof: 'assertion', readEveryMs: undefined }],
  limits: { latencyMs: 2_000 },
  happenings: [
    { atHour: 1, happening: rush },
    { atHour: 2, happening: { kind: 'issuer clock', issuer: 'A', byMs: HOUR } },
    { atHour: 20, happening: rush },
    { atHour: 20 + 1 / 3_600, happening: { kind: 'sleep', forMs: MINUTE } },
    { atHour: 21, happening: rush },
    { atHour: 22, happening: rush },
  ],
} as const;

const faults: readonly Fault[] = [
  { code: 'expired_token', keeper: 'its clocks at half speed', makeKeeper: slow, schedule: 'on-access' },
  {
    code: 'kept_waiting',
    keeper: 'callers with an urgent token waiting for five seconds',
    makeKeeper: misguided({ urgentWaitMs: 5_000 }),
    happenings: [
      { atHour: 1, happening: { kind: 'outage', issuer: 'A', how: 'hangs', forMs: 40 * HOUR } },
      { atHour: 2, happening: { kind: 'sleep', forMs: 22 * HOUR - 30 * SECOND } },
      { atHour: 24 - 1 / 120, happening: { kind: 'burst', token: 0, callers: 3, minTtlSeconds: 0, abortMs: 0 } },
    ],
  },
  {
    code: 'kept_waiting',
    keeper: 'callers waiting for as long as it takes',
    makeKeeper: misguided({ waitMs: HOUR, mintTimeoutMs: MINUTE }),
    happenings: [
      { atHour: 1, happening: { kind: 'outage', issuer: 'A', how: 'hangs', forMs: 40 * HOUR } },
      { atHour: 2, happening: { kind: 'sleep', forMs: 23 * HOUR } },
      { atHour: 25, happening: { kind: 'burst', token: 0, callers: 3, minTtlSeconds: 0, abortMs: 0 } },
    ],
  },
  { code: 'not_replaced', keeper: 'next to no lead', makeKeeper: misguided({ leadShare: 0.01, minLeadMs: 0 }) },
  {
    code: 'needless_failure',
    keeper: 'an eye on the outage instead of the token',
    makeKeeper: withGet(() => Promise.reject(new TokenError('network_error', 'down', { retryable: true }))),
  },
  {
    code: 'needless_failure',
    keeper: 'no request for whoever needs more life than is left',
    makeKeeper: idle,
    happenings: [{ atHour: 13, happening: demand(9) }],
  },
  { code: 'needless_failure', keeper: 'no request for whoever needs more than the store has', makeKeeper: idle, ...afterHalfALife },
  {
    code: 'needless_failure',
    keeper: 'no token for whoever needs less life than is left',
    makeKeeper: stingy,
    happenings: [{ atHour: 1, happening: { ...demand(1), minTtlSeconds: 3_600 } }],
    tokens: [{ readEveryMs: undefined }],
  },
  { code: 'short_lived', keeper: 'no ear for how much life a caller needs', makeKeeper: careless, ...afterHalfALife },
  { code: 'untyped_failure', keeper: 'errors of any kind', makeKeeper: withGet(() => Promise.reject(new Error('down'))) },
  { code: 'asked_early', keeper: 'half the lifetime as lead', makeKeeper: misguided({ leadShare: 0.5 }) },
  {
    code: 'asked_in_pause',
    keeper: 'no back-off to speak of',
    makeKeeper: misguided({ retryBaseMs: 10 }),
    happenings: [{ atHour: 12, happening: outage(8) }],
  },
  {
    code: 'asked_within_retry_after',
    keeper: 'a deaf ear for Retry-After',
    makeKeeper: misguided({ retryAfterCapMs: 0 }),
    happenings: [{ atHour: 12, happening: { kind: 'rate limit', issuer: 'A', how: 'Retry-After', seconds: 120, forMs: 8 * HOUR } }],
  },
  { code: 'two_in_flight', keeper: 'a twin', makeKeeper: twofold },
  {
    code: 'slow_recovery',
    keeper: 'an hour between attempts when nothing is held',
    makeKeeper: misguided({ retryCapExpiredMs: HOUR }),
    happenings: [{ atHour: 12, happening: outage(20) }],
  },
  {
    code: 'forced_too_often',
    keeper: 'no refusal of the next forced mint',
    makeKeeper: misguided({ rejectedAfterMintMs: 0 }),
    happenings: [{ atHour: 1, happening: rejections(5, 40 * SECOND) }],
  },
  {
    code: 'forced_too_often',
    keeper: 'no end of refusals',
    makeKeeper: misguided({ forcedRefusalMs: 1 }),
    happenings: [{ atHour: 1, happening: rejections(5, 40 * SECOND) }],
  },
  {
    code: 'rejection_ignored',
    keeper: 'an hour between forced mints',
    makeKeeper: misguided({ forcedMintFloorMs: HOUR }),
    happenings: [
      { atHour: 1, happening: revocation },
      { atHour: 1.5, happening: revocation },
    ],
  },
  { code: 'over_rate', keeper: 'no end of requests a second', makeKeeper: misguided({ issuerBurst: 1_000 }), tokens: twelve },
  {
    code: 'two_probes',
    keeper: 'many probes at a time',
    makeKeeper: misguided({ probeAfterFailures: 1_000 }),
    tokens: twelve,
    happenings: [{ atHour: 12, happening: hanging(8) }],
  },
  {
    code: 'over_budget',
    keeper: 'no budget',
    makeKeeper: misguided({ maxMintsPerDay: Number.POSITIVE_INFINITY }),
    limits: { maxMintsPerDay: 5 },
    happenings: [{ atHour: 12, happening: outage(8) }],
  },
  {
    code: 'kept_idle',
    keeper: 'no end of patience with who does not read',
    makeKeeper: misguided({ undeclaredIdleMs: 1_000 * HOUR }),
    tokens: [{ ...undeclared, readEveryMs: undefined }],
    happenings: [{ atHour: 1, happening: { kind: 'rush', callers: 1 } }],
  },
  {
    code: 'dropped_early',
    keeper: 'little patience with who does not read',
    makeKeeper: misguided({ undeclaredIdleMs: 1 }),
    tokens: [{ ...undeclared, readEveryMs: 10 * HOUR }],
  },
  {
    code: 'overcrowded',
    keeper: 'room for all',
    makeKeeper: misguided({ maxUndeclared: 1_000 }),
    tokens: [HOUR, 3 * HOUR, 5 * HOUR].map((readEveryMs) => ({ ...undeclared, readEveryMs })),
    limits: { maxUndeclared: 2 },
  },
  {
    code: 'kept_waiting',
    keeper: 'a store that all wait for',
    makeKeeper: misguided({ storeWaitMs: MINUTE }),
    happenings: [{ atHour: 2, happening: { kind: 'store', how: 'is slow', forMs: 30 * HOUR } }],
  },
  {
    code: 'abort_ignored',
    keeper: 'no ear for callers who give up',
    makeKeeper: deaf,
    tokens: [{ readEveryMs: undefined }],
    happenings: [
      { atHour: 1, happening: hanging(40) },
      { atHour: 25, happening: { kind: 'burst', token: 0, callers: 3, minTtlSeconds: 0, abortMs: 500 } },
    ],
  },
  {
    code: 'left_after_close',
    keeper: 'tokens that outlive their end',
    makeKeeper: lingering,
    tokens: [{ lifetimeSeconds: 3_600 }],
    happenings: [{ atHour: 1, happening: { kind: 'close', token: 0, forMs: 10 * HOUR } }],
  },
  {
    code: 'wrong_status',
    keeper: 'a status that knows of nothing',
    makeKeeper: clueless,
    happenings: [{ atHour: 30, happening: { kind: 'rush', callers: 1 } }],
  },
  { code: 'stale_proof', keeper: 'no eye for the time that the issuer tells', makeKeeper: timeless, ...unheardClock },
  { code: 'extra_timer', keeper: 'a timer too many', makeKeeper: watchful },
  { code: 'left_after_close', keeper: 'no end', makeKeeper: restless },
];

/** Plays `fault`'s days, with `makeKeeper` in place of the keeper. */
function play({ happenings = [], schedule = 'timer', tokens = [{}], limits = {} }: Omit<Fault, 'code'>, makeKeeper?: KeeperMaker) {
  const aToken = { issuer: 'A', isDeclared: true, proof: 'secret', lifetimeSeconds: 86_400, told: 'number', readEveryMs: HOUR } as const;
  const script = {
    seed: 1,
    days: 3,
    latencyMs: 40,
    schedule,
    maxSleepMs: MINUTE,
    store: 'memory',
    maxUndeclared: 10_000,
    maxMintsPerDay: Number.POSITIVE_INFINITY,
    ...limits,
    tokens: tokens.map((some) => ({ ...aToken, ...some })),
    happenings: happenings.map(({ atHour, happening }) => ({ at: atHour * HOUR, ...happening })),
  } as const;
  return simulateYear(script, makeKeeper);
}

describe('the checks of a simulated year', { timeout: 120_000 }, () => {
  it.each(faults)('find $code in a keeper with $keeper', async ({ code, ...fault }) => {
    const broken = await play(fault, fault.makeKeeper).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(broken).toBeInstanceOf(BrokenPromise);
    expect(broken).toMatchObject({ code });
  });

  it.each(faults)('find nothing in the keeper itself on the days of $code in a keeper with $keeper', async (fault) => {
    expect((await play(fault)).tokens).toBeGreaterThan(0);
  });
});
