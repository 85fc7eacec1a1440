import { refuseUnknown } from '../option-names.ts';

/** Every number that may be set of those that decide when to mint and how long to wait. {@link policyRanges} has what each may be. */
export interface KeepingPolicy {
  /** Share of the lifetime before expiry at which a token is due. Default 0.25, range (0, 0.5]. */
  readonly leadShare: number;
  /** A short token is due at least this long before expiry, though never before half its life. Default 300 000 ms. */
  readonly minLeadMs: number;
  /** Share of the lead by which a token may be due earlier, so that a fleet does not mint as one. Default 0.2, range [0, 1). */
  readonly jitterShare: number;
  /** A token is urgent from the smaller of this remaining life … Default 60 000 ms. */
  readonly urgentMs: number;
  /** … and this share of its lifetime. Default 0.1. */
  readonly urgentShare: number;
  /** A token counts as expired from this share of its lifetime on … Default 0.02. */
  readonly safetyShare: number;
  /** … but at least this long … Default 1 000 ms. */
  readonly minSafetyMs: number;
  /** … and at most this long before its end. Default 10 000 ms. */
  readonly maxSafetyMs: number;
  /** Lifetime of a token whose issuer names none. Default 300 s. */
  readonly defaultLifetimeSeconds: number;
  /** How long a caller with nothing usable waits for the shared mint. Default 10 000 ms. */
  readonly waitMs: number;
  /** How long a caller with an urgent token waits for a better one. Default 2 000 ms. */
  readonly urgentWaitMs: number;
  /** Deadline of one mint, from the request to the last byte of the answer. Default 10 000 ms. */
  readonly mintTimeoutMs: number;
  /** No two mints of one request are closer than the smaller of this … Default 30 000 ms. */
  readonly mintFloorMs: number;
  /** … and this share of the lifetime. Default 0.1. */
  readonly mintFloorShare: number;
  /** First delay after a transient failure, doubled with each further one. Default 1 000 ms. */
  readonly retryBaseMs: number;
  /** Longest delay between attempts while a token is held. Default 300 000 ms. */
  readonly retryCapMs: number;
  /** Longest delay between attempts while none is. Default 30 000 ms. */
  readonly retryCapExpiredMs: number;
  /** How long a permanent failure is remembered at first … Default 30 000 ms. */
  readonly permanentRetryMs: number;
  /** … and at most. Default 300 000 ms. */
  readonly permanentRetryCapMs: number;
  /** Longest `Retry-After` obeyed. Default 3 600 000 ms. */
  readonly retryAfterCapMs: number;
  /** One forced mint in this time. Default 30 000 ms. */
  readonly forcedMintFloorMs: number;
  /** A rejection of a token younger than this means that staleness is not the cause. Default 60 000 ms. */
  readonly rejectedAfterMintMs: number;
  /** Forced mints are refused at first this long then, doubled each time … Default 60 000 ms. */
  readonly forcedRefusalMs: number;
  /** … up to this; after a calm as long as this, from the first again. Default 900 000 ms. */
  readonly forcedRefusalCapMs: number;
  /** Requests to one issuer a second, over all tokens of the keeper … Default 5. */
  readonly issuerRatePerSecond: number;
  /** … and at once. Default 10. */
  readonly issuerBurst: number;
  /** After so many transient failures of an issuer in a row, over all tokens of the keeper, it gets one request at a time. Default 5. */
  readonly probeAfterFailures: number;
  /** Requests for one token within 24 h, failed ones included; a hard budget. Default: no limit. */
  readonly maxMintsPerDay: number;
  /** An undeclared token that nobody read for this long is dropped, or for twice its lifetime if that is longer. Default 86 400 000 ms. */
  readonly undeclaredIdleMs: number;
  /**
   * Undeclared tokens kept at once; beyond, the one that was not read for longest, of those that nobody waits for, is dropped. There are more only as long as
   * callers wait for them. Default 10 000.
   */
  readonly maxUndeclared: number;
  /**
   * Longest wait for one answer of the store: a read, a lease, a save. A new token is held back as long until the store has it; a slower store gets it later.
   * Default 250 ms.
   */
  readonly storeWaitMs: number;
  /** Longest sleep of the keeper's timer, after which both clocks are compared. Default 30 000 ms. */
  readonly maxSleepMs: number;
  /** After the clocks moved apart, tokens that are due are minted spread over this time. Default 10 000 ms. */
  readonly rejudgeSpreadMs: number;
}

/** The defaults of {@link KeepingPolicy}. */
export const defaultPolicy: KeepingPolicy = {
  leadShare: 0.25,
  minLeadMs: 300_000,
  jitterShare: 0.2,
  urgentMs: 60_000,
  urgentShare: 0.1,
  safetyShare: 0.02,
  minSafetyMs: 1_000,
  maxSafetyMs: 10_000,
  defaultLifetimeSeconds: 300,
  waitMs: 10_000,
  urgentWaitMs: 2_000,
  mintTimeoutMs: 10_000,
  mintFloorMs: 30_000,
  mintFloorShare: 0.1,
  retryBaseMs: 1_000,
  retryCapMs: 300_000,
  retryCapExpiredMs: 30_000,
  permanentRetryMs: 30_000,
  permanentRetryCapMs: 300_000,
  retryAfterCapMs: 3_600_000,
  forcedMintFloorMs: 30_000,
  rejectedAfterMintMs: 60_000,
  forcedRefusalMs: 60_000,
  forcedRefusalCapMs: 900_000,
  issuerRatePerSecond: 5,
  issuerBurst: 10,
  probeAfterFailures: 5,
  maxMintsPerDay: Number.POSITIVE_INFINITY,
  undeclaredIdleMs: 86_400_000,
  maxUndeclared: 10_000,
  storeWaitMs: 250,
  maxSleepMs: 30_000,
  rejudgeSpreadMs: 10_000,
};

/** What a number of the policy may be; finite, unless `max` is infinite: then that is no limit. */
export interface NumberRange {
  readonly above?: number;
  readonly min?: number;
  readonly below?: number;
  readonly max?: number;
  /** The same as people say it, after "must be". */
  readonly words: string;
}

const notNegative: NumberRange = { min: 0, words: '0 or more' };
const positive: NumberRange = { above: 0, words: 'above 0' };
const share: NumberRange = { min: 0, below: 1, words: 'from 0 to below 1' };
/** Something has to be let through. */
const some: NumberRange = { min: 1, words: '1 or more' };
const someOrAll: NumberRange = { ...some, max: Number.POSITIVE_INFINITY };

/** What each number of a {@link KeepingPolicy} may be. */
export const policyRanges: Readonly<Record<keyof KeepingPolicy, NumberRange>> = {
  leadShare: { above: 0, max: 0.5, words: 'above 0 and at most 0.5' },
  minLeadMs: notNegative,
  jitterShare: share,
  urgentMs: notNegative,
  urgentShare: share,
  safetyShare: share,
  minSafetyMs: notNegative,
  maxSafetyMs: notNegative,
  defaultLifetimeSeconds: notNegative,
  waitMs: notNegative,
  urgentWaitMs: notNegative,
  mintTimeoutMs: notNegative,
  mintFloorMs: notNegative,
  mintFloorShare: share,
  retryBaseMs: notNegative,
  retryCapMs: notNegative,
  retryCapExpiredMs: notNegative,
  permanentRetryMs: notNegative,
  permanentRetryCapMs: notNegative,
  retryAfterCapMs: notNegative,
  forcedMintFloorMs: notNegative,
  rejectedAfterMintMs: notNegative,
  forcedRefusalMs: notNegative,
  forcedRefusalCapMs: notNegative,
  issuerRatePerSecond: positive,
  issuerBurst: some,
  probeAfterFailures: some,
  maxMintsPerDay: someOrAll,
  undeclaredIdleMs: notNegative,
  maxUndeclared: someOrAll,
  storeWaitMs: notNegative,
  maxSleepMs: notNegative,
  rejudgeSpreadMs: notNegative,
};

/**
 * The whole policy, `numbers` over the defaults.
 * @throws {TypeError} that names the number which is unknown or out of range.
 */
export function checkPolicy(numbers: Partial<KeepingPolicy> = {}): KeepingPolicy {
  refuseUnknown(numbers, { ...defaultPolicy }, 'policy.');
  for (const [name, value] of Object.entries(numbers)) {
    const range = policyRanges[name as keyof KeepingPolicy];
    if (!isWithin(range, value)) throw new TypeError(`\`policy.${name}\` must be a number, ${range.words}.`);
  }
  return { ...defaultPolicy, ...numbers };
}

function isWithin({ above, min, below, max }: NumberRange, value: unknown): boolean {
  if (typeof value !== 'number' || !(Number.isFinite(value) || value === max)) return false;
  if (above !== undefined && value <= above) return false;
  if (below !== undefined && value >= below) return false;
  return value >= (min ?? value) && value <= (max ?? value);
}
