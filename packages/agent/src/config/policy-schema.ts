import { defaultPolicy, type KeepingPolicy, policyRanges } from '@evertoken/client';
import { z } from 'zod';
import { strict } from './schema-parts.ts';

/** What each number decides; the unit stands in its name. */
const meanings: Readonly<Record<keyof KeepingPolicy, string>> = {
  leadShare: 'Share of the lifetime before expiry at which a token is due.',
  minLeadMs: 'A short token is due at least this long before expiry, though never before half its life.',
  jitterShare: 'Share of the lead by which a token may be due earlier, so that a fleet does not mint as one.',
  urgentMs: 'A token is urgent from the smaller of this remaining life and `urgent_share`.',
  urgentShare: 'A token is urgent from the smaller of this share of its lifetime and `urgent_ms`.',
  safetyShare: 'A token counts as expired from this share of its lifetime before its end.',
  minSafetyMs: 'Least of that margin.',
  maxSafetyMs: 'Most of that margin.',
  defaultLifetimeSeconds: 'Lifetime of a token whose issuer names none.',
  waitMs: 'How long a caller with nothing usable waits for the shared mint.',
  urgentWaitMs: 'How long a caller with an urgent token waits for a better one.',
  mintTimeoutMs: 'Deadline of one mint, from the request to the last byte of the answer.',
  mintFloorMs: 'No two mints of one token are closer than the smaller of this and `mint_floor_share`.',
  mintFloorShare: 'The same as a share of the lifetime.',
  retryBaseMs: 'First delay after a failure that may pass, doubled with each further one.',
  retryCapMs: 'Longest delay between attempts while a token is held.',
  retryCapExpiredMs: 'Longest delay between attempts while none is.',
  permanentRetryMs: 'How long a failure that will not pass by itself is remembered at first.',
  permanentRetryCapMs: 'How long it is remembered at most.',
  retryAfterCapMs: 'Longest `Retry-After` obeyed.',
  forcedMintFloorMs: 'One mint forced by a rejected token in this time.',
  rejectedAfterMintMs: 'A rejection of a token younger than this means that staleness is not the cause.',
  forcedRefusalMs: 'How long forced mints are refused at first then, doubled each time.',
  forcedRefusalCapMs: 'How long they are refused at most.',
  issuerRatePerSecond: 'Requests to one issuer a second, over all its tokens.',
  issuerBurst: 'Requests to one issuer at once.',
  probeAfterFailures: 'After so many failures of an issuer in a row it gets one request at a time.',
  maxMintsPerDay: 'Requests for one token within 24 h, failed ones included; a hard budget.',
  undeclaredIdleMs: 'A passed-through token that nobody read for this long is dropped, or for twice its lifetime if that is longer.',
  maxUndeclared: 'Passed-through tokens kept at once.',
  storeWaitMs: 'Longest wait for one answer of the store: a read, a lease, a save; a new token is held back as long.',
  maxSleepMs: 'Longest sleep of the timer, after which both clocks are compared.',
  rejudgeSpreadMs: 'After the clocks moved apart, tokens that are due are minted spread over this time.',
};

const names = Object.keys(meanings) as (keyof KeepingPolicy)[];

/** `policy:` as the file has it: each number of KeepingPolicy by its name in snake case. */
export type PolicyEntry = Record<string, number | undefined>;

/** `policy:`, with the ranges that the client keeps too. */
export const policySchema: z.ZodType<PolicyEntry> = strict(
  Object.fromEntries(names.map((name) => [snakeCase(name), numberSchema(name).optional()])),
) as z.ZodType<PolicyEntry>;

/** The numbers by the names that the client knows. */
export function policyOf(entry: PolicyEntry): Partial<KeepingPolicy> {
  return Object.fromEntries(names.map((name) => [name, entry[snakeCase(name)]]).filter(([, value]) => value !== undefined));
}

/** The numbers by the names of the file, with those not given by default. */
export function policyEntryOf(policy: Partial<KeepingPolicy>): Readonly<Record<string, number>> {
  return Object.fromEntries(names.map((name) => [snakeCase(name), policy[name] ?? defaultPolicy[name]]));
}

function numberSchema(name: keyof KeepingPolicy): z.ZodNumber {
  const normal = defaultPolicy[name];
  const facts = {
    description: meanings[name],
    ...(Number.isFinite(normal) ? { default: normal, examples: [normal] } : { defaultText: 'no limit', examples: [24] }),
  };
  return rangeOf(name).meta(facts);
}

function rangeOf(name: keyof KeepingPolicy): z.ZodNumber {
  const { above, min, below, max, words } = policyRanges[name];
  const error = `must be ${words}`;
  let schema = z.number();
  if (above !== undefined) schema = schema.gt(above, { error });
  if (min !== undefined) schema = schema.min(min, { error });
  if (below !== undefined) schema = schema.lt(below, { error });
  // No limit is said by leaving the number out.
  return max === undefined || max === Number.POSITIVE_INFINITY ? schema : schema.max(max, { error });
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
