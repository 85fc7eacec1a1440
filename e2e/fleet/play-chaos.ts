import { setTimeout as pause } from 'node:timers/promises';
import { type Fleet, type FleetSize, startFleet } from './fleet.ts';
import { type JudgedSpan, judgeSpan, startSpan } from './judged-span.ts';
import type { Played, TroubleName } from './troubles.ts';
import { troubles } from './troubles.ts';

/** What is played with whom. */
export interface ChaosPlan {
  readonly size: FleetSize;
  readonly random: () => number;
  readonly script: readonly TroubleName[];
  /** No trouble begins later than this after the first; what is left of the script is left out. */
  readonly longestMs: number;
  /** Takes a line for each span as it ends. */
  readonly say: (line: string) => void;
  /** Tokens for which all is left in peace, at the beginning and again at the end. */
  readonly calmTokens: number;
}

/** What came of it. */
export interface ChaosReport {
  /** Requests that the issuer answered with a token for each generation of it, while all was well; undefined where a busy machine left no such time. */
  readonly requestsALifetime: number | undefined;
  readonly spans: readonly JudgedSpan[];
  readonly rotations: number;
  /** Processes that were started, those of killed nodes anew. */
  readonly lives: number;
  readonly totals: Readonly<Record<'reads' | 'frozenReads' | 'calls' | 'issued' | 'adopted' | 'refused' | 'failed', number>>;
}

/** After its store is back a node makes up for what it missed within this time. */
const COMING_BACK_MS = 7_000;
/** A store that came back is noticed within a minute: the longest pause between looks at it, and what a slow machine adds. */
const PATIENCE_MS = 180_000;

/** Starts a fleet, plays the script with it and judges each part; everything that it starts ends with it. */
export async function playChaos({ size, random, script, longestMs, say, calmTokens }: ChaosPlan): Promise<ChaosReport> {
  const fleet = await startFleet(size);
  try {
    const spans: JudgedSpan[] = [];
    const all: Played[] = [];
    const judged = async (name: string, play: () => Promise<Partial<Played>>): Promise<void> => {
      const before = all.at(-1) ?? {};
      const start = startSpan(fleet);
      const played = await play();
      await fleet.allServed();
      const span = judgeSpan(fleet, start, name, played, before);
      spans.push(span);
      all.push({ what: '', ...played });
      say(lineOf(span));
    };
    const calm = async (tokens: number): Promise<Partial<Played>> => {
      await issues(fleet, tokens);
      return {};
    };
    await judged('calm', () => calm(calmTokens));
    const until = performance.now() + longestMs;
    for (const name of script) if (performance.now() < until) await judged(name, () => troubles[name](fleet, random));
    await allTogether(fleet);
    await judged('calm again', () => calm(calmTokens));
    const records = fleet.nodes.map(({ record }) => record);
    const total = (of: (record: (typeof records)[number]) => number): number => records.reduce((sum, record) => sum + of(record), 0);
    const requests = (outcome: string): number => fleet.issuer.requests.filter((request) => request.outcome === outcome).length;
    // A node that found the store too slow, and minted for itself, did as it should.
    const calmSpans = spans.filter(({ name, alone }) => name.startsWith('calm') && alone === 0);
    const sum = (of: (span: JudgedSpan) => number): number => calmSpans.reduce((all, span) => all + of(span), 0);
    return {
      requestsALifetime: calmSpans.length === 0 ? undefined : sum(({ issued }) => issued.count) / sum(({ generations }) => generations),
      spans,
      rotations: all.filter(({ isSecretNew }) => isSecretNew).length,
      lives: fleet.nodes.length + script.filter((name) => name === 'holder killed').length,
      totals: {
        reads: total(({ reads }) => reads),
        frozenReads: total(({ frozenReads }) => frozenReads),
        calls: total(({ calls }) => calls),
        adopted: total(({ adopted }) => adopted),
        issued: requests('issued'),
        refused: requests('refused'),
        failed: requests('failed'),
      },
    };
  } finally {
    await fleet.close();
  }
}

/** Ends when the issuer has given so many more tokens. */
async function issues({ issuer }: Fleet, tokens: number): Promise<void> {
  const issued = (): number => issuer.requests.filter(({ outcome }) => outcome === 'issued').length;
  const enough = issued() + tokens;
  while (issued() < enough) await pause(100);
}

/** Ends when every node has its store again, and has caught up. */
async function allTogether({ nodes }: Fleet): Promise<void> {
  const since = performance.now();
  while (nodes.some(({ record }) => record.isDegraded)) {
    if (performance.now() - since > PATIENCE_MS) {
      const names = nodes.filter(({ record }) => record.isDegraded).map(({ name }) => name);
      throw new Error(`The store is back, and not found by ${names.join(', ')}.`);
    }
    await pause(100);
  }
  await pause(COMING_BACK_MS);
}

function lineOf(span: JudgedSpan): string {
  const { name, seconds, reads, waited, empty, callsFailed, callsRefusedTwice, issued, failed, refused, herd, alone, broken } = span;
  const parts = [
    `${reads} reads, ${waited} waited, ${empty.length} had nothing to get, ${broken.length} broke a promise`,
    `${callsFailed.length} calls failed, ${callsRefusedTwice} refused twice`,
    `issuer: ${issued.count} issued (≤ ${issued.bound}), ${failed.count} failed (≤ ${failed.bound}), ${refused} refused`,
    `worst second ${herd.count} (≤ ${herd.bound})`,
    `${alone} nodes alone`,
  ];
  return `${seconds.toFixed(1).padStart(5)} s  ${name}\n         ${parts.join('; ')}`;
}
