import type { SimulatedToken } from './simulated-token.ts';

/** What a simulated year saw; shows that it was not an empty one. */
export interface YearReport {
  readonly days: number;
  /** Days times tokens. */
  readonly tokenDays: number;
  readonly requests: number;
  readonly tokens: number;
  /** Mints that a rejection forced. */
  readonly forced: number;
  /** Attempts that failed with another token's probe. */
  readonly shared: number;
  readonly dropped: number;
  readonly served: number;
  /** Callers who failed, each for a reason. */
  readonly failed: number;
  /** Callers who gave up. */
  readonly aborted: number;
}

export const emptyReport: YearReport = {
  days: 0,
  tokenDays: 0,
  requests: 0,
  tokens: 0,
  forced: 0,
  shared: 0,
  dropped: 0,
  served: 0,
  failed: 0,
  aborted: 0,
};

/** The report of one year, of all its tokens. */
export function reportOf(days: number, tokens: readonly SimulatedToken[], dropped: number): YearReport {
  const reports = tokens.map(({ pace, callers }) => ({ ...emptyReport, tokenDays: days, ...pace.counts, ...callers.counts }));
  return { ...reports.reduce<YearReport>(sum, emptyReport), days, dropped };
}

/** Adds up what years saw. */
export function sum(one: YearReport, other: YearReport): YearReport {
  const entries = Object.keys(one).map((name) => [name, one[name as keyof YearReport] + other[name as keyof YearReport]]);
  return Object.fromEntries(entries) as unknown as YearReport;
}
