import type { Fleet } from './fleet.ts';
import type { Played } from './troubles.ts';

/** After a node's store is back it makes up for what it missed within this time, and its next look. */
const COMING_BACK_MS = 7_000;
/** Attempts of one token request that fails are at least so far apart: half of the first delay. */
const SHORTEST_BACKOFF_MS = 500;
/** A token is due at the earliest after this share of its life: half of it as lead, a fifth of that as jitter. */
const EARLIEST_DUE_SHARE = 0.4;
/** With the store down the mints are spread over half the lead, which is half the life. */
const STANDING_BACK_SHARE = 0.25;

/** What was counted in a span of the run, beside what may have been. */
export interface JudgedSpan {
  readonly name: string;
  readonly seconds: number;
  readonly reads: number;
  /** Reads that waited, and those that failed with nothing usable in the node. */
  readonly waited: number;
  readonly empty: readonly string[];
  /** Calls that got no 200, but for … */
  readonly callsFailed: readonly string[];
  /** … those whose second token was refused as their first was, where there were several. */
  readonly callsRefusedTwice: number;
  readonly issued: Counted;
  /** Generations of tokens that were issued: requests that are nearer to each other than tokens are due are for the same one. */
  readonly generations: number;
  readonly failed: Counted;
  readonly refused: number;
  /** The issuer failed in this span. */
  readonly isIssuerAway: boolean;
  /** Requests in the worst second. */
  readonly herd: Counted;
  /** Nodes that had to do without the store at some time. */
  readonly alone: number;
  /** Reads that broke a promise. */
  readonly broken: readonly string[];
}

/** A number and its bound. */
export interface Counted {
  readonly count: number;
  readonly bound: number;
}

/** A moment of the run, to judge from. */
export interface SpanStart {
  readonly at: number;
  readonly requests: number;
  readonly records: readonly { reads: number; waited: number; broken: number; empty: number; callsFailed: number }[];
}

/** Marks the moment. */
export function startSpan({ nodes, issuer }: Fleet): SpanStart {
  const records = nodes.map(({ record: { reads, waited, broken, empty, callsFailed } }) => ({
    reads,
    waited,
    broken: broken.length,
    empty: empty.length,
    callsFailed: callsFailed.length,
  }));
  return { at: Date.now(), requests: issuer.requests.length, records };
}

/**
 * Judges what came since `start`. Bounds follow from what the nodes told of their store and how long all took: a slow machine is given more, never less than what
 * is promised. What was played `before` may come to its end in this span: leases of that one, and its calls.
 */
export function judgeSpan(fleet: Fleet, start: SpanStart, name: string, played: Partial<Played>, before: Partial<Played>): JudgedSpan {
  const { nodes, issuer } = fleet;
  const to = Date.now();
  const spanMs = to - start.at;
  const dueMs = EARLIEST_DUE_SHARE * issuer.lifetimeMs;
  const requests = issuer.requests.slice(start.requests);
  const count = (outcome: string): number => requests.filter((request) => request.outcome === outcome).length;
  const alone = nodes.map(({ record }) => record.aloneMs(start.at, to, COMING_BACK_MS)).filter((ms) => ms > 0);
  const { takeovers = 0 } = before;
  const replacements = played.replacements ?? 0;
  const shared = 1 + Math.floor(spanMs / dueMs) + (played.takeovers ?? 0) + takeovers + replacements;
  const attempts = nodes.length * (1 + Math.floor(spanMs / SHORTEST_BACKOFF_MS));
  const mayBeRefusedTwice = (played.otherTokens ?? 0) + (before.otherTokens ?? 0) > 0;
  const since = nodes.map(({ name: node, record }, index) => {
    const then = start.records[index];
    const calls = record.callsFailed.slice(then?.callsFailed);
    const isRefusedTwice = ({ status }: { status: number }): boolean => mayBeRefusedTwice && status === 401;
    return {
      reads: record.reads - (then?.reads ?? 0),
      waited: record.waited - (then?.waited ?? 0),
      broken: record.broken.slice(then?.broken),
      empty: record.empty.slice(then?.empty).map(({ code }) => `${node}: ${code}`),
      callsFailed: calls.filter((call) => !isRefusedTwice(call)).map(({ status }) => `${node}: ${status}`),
      callsRefusedTwice: calls.filter(isRefusedTwice).length,
    };
  });
  return {
    name: played.what === undefined ? name : `${name}: ${played.what}`,
    seconds: spanMs / 1_000,
    reads: since.reduce((sum, { reads }) => sum + reads, 0),
    waited: since.reduce((sum, { waited }) => sum + waited, 0),
    empty: since.flatMap(({ empty }) => empty),
    callsFailed: since.flatMap(({ callsFailed }) => callsFailed),
    callsRefusedTwice: since.reduce((sum, { callsRefusedTwice }) => sum + callsRefusedTwice, 0),
    issued: { count: count('issued'), bound: shared + alone.reduce((sum, ms) => sum + 1 + Math.floor(ms / dueMs) + replacements, 0) },
    generations: generationsOf(
      requests.filter(({ outcome }) => outcome === 'issued').map(({ at }) => at),
      0.5 * dueMs,
    ),
    // The request of a holder that was killed comes to nothing.
    failed: { count: count('failed'), bound: (played.isIssuerAway ? attempts : 0) + (played.takeovers ?? 0) + takeovers },
    refused: count('refused'),
    isIssuerAway: played.isIssuerAway ?? false,
    herd: {
      count: worstSecond(requests.filter(({ outcome }) => outcome === 'issued').map(({ at }) => at)),
      bound: herdBound(nodes.length, STANDING_BACK_SHARE * issuer.lifetimeMs),
    },
    alone: alone.length,
    broken: since.flatMap(({ broken }) => broken),
  };
}

function generationsOf(moments: readonly number[], gapMs: number): number {
  const sorted = [...moments].sort((a, b) => a - b);
  return sorted.filter((at, index) => at - (sorted[index - 1] ?? Number.NEGATIVE_INFINITY) > gapMs).length;
}

/** The most events within one second. */
export function worstSecond(moments: readonly number[]): number {
  const sorted = [...moments].sort((a, b) => a - b);
  return sorted.reduce((worst, at, index) => Math.max(worst, index + 1 - sorted.findIndex((other) => other > at - 1_000)), 0);
}

/**
 * How many of `nodes` may ask within one second where each does so at any moment of `spreadMs`: 1.3 times what is to be expected, and what chance adds to it
 * once in ten thousand times (binomial).
 */
export function herdBound(nodes: number, spreadMs: number): number {
  const share = Math.min(1, 1_000 / spreadMs);
  let [bound, sum, term] = [0, 0, (1 - share) ** nodes];
  while (sum + term < 0.9999 && bound < nodes) {
    sum += term;
    term *= ((nodes - bound) / (bound + 1)) * (share / (1 - share));
    bound += 1;
  }
  return Math.max(bound, Math.ceil(1.3 * nodes * share));
}
