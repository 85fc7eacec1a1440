import fc from 'fast-check';
import { BrokenPromise } from './broken-promise.ts';
import { linesOf } from './script-lines.ts';
import type { KeeperMaker } from './simulated-process.ts';
import { simulateYear } from './simulated-year.ts';
import { emptyReport, sum, type YearReport } from './year-report.ts';
import type { YearScript } from './year-script.ts';
import { yearScripts } from './year-scripts.ts';

/** Which years to simulate. */
export interface YearsToCheck {
  readonly runs: number;
  /** Default: a new one each time. */
  readonly seed?: number;
  /** Of a failure that fast-check shrank: goes straight to it. */
  readonly path?: string;
  readonly makeKeeper?: KeeperMaker;
  /** How long a shorter script may be looked for after a failure, ms. Default 60 000. */
  readonly shrinkMs?: number;
  /** Called after each year. */
  readonly onYear?: (report: YearReport) => void;
}

/** What came of the simulated years. */
export type YearsChecked =
  | { readonly ok: true; readonly seed: number; readonly total: YearReport }
  | {
      readonly ok: false;
      readonly seed: number;
      readonly path: string;
      readonly script: YearScript;
      readonly error: unknown;
      readonly report: string;
    };

/** Simulates years of random trouble until a promise is broken, and then finds the shortest script that breaks it. */
export async function checkYears({ runs, seed, path, makeKeeper, onYear, shrinkMs = 60_000 }: YearsToCheck): Promise<YearsChecked> {
  let total: YearReport = emptyReport;
  const holds = fc.asyncProperty(yearScripts(), async (script) => {
    const year = await simulateYear(script, makeKeeper);
    total = sum(total, year);
    onYear?.(year);
  });
  // While a shorter script is looked for, a year ends where the promise was broken.
  let endMs = Number.POSITIVE_INFINITY;
  const holdsUntilThen = fc.asyncProperty(yearScripts(), (script) =>
    simulateYear(script, makeKeeper, endMs).then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof BrokenPromise) endMs = error.at + 1;
        throw error;
      },
    ),
  );
  const given = { ...(seed === undefined ? {} : { seed }), ...(path === undefined ? {} : { path }) };
  const first = await fc.check(holds, { numRuns: runs, ...given, endOnFailure: true });
  if (!first.failed) return { ok: true, seed: first.seed, total };
  const found = { seed: first.seed, ...(first.counterexamplePath === null ? {} : { path: first.counterexamplePath }) };
  // A year with less in it may take as long as the one that failed: what was found in time is short enough.
  const shrunk = await fc.check(holdsUntilThen, { ...found, numRuns: 1, interruptAfterTimeLimit: shrinkMs });
  const outcome = shrunk.failed && shrunk.counterexample !== null ? shrunk : first;
  const [script] = outcome.counterexample ?? [];
  const failedPath = outcome.counterexamplePath;
  if (script === undefined || failedPath === null) throw new Error('The simulation was interrupted.', { cause: outcome.errorInstance });
  const error = outcome.errorInstance;
  const said = error instanceof BrokenPromise ? error.message : error instanceof Error ? error.stack : String(error);
  const report = [
    `A promise is broken: ${said}`,
    '',
    ...linesOf(script).map((line) => `  ${line}`),
    '',
    `Replay: npm run simulate -- --seed ${outcome.seed} --path ${failedPath}`,
  ].join('\n');
  return { ok: false, seed: outcome.seed, path: failedPath, script, error, report };
}
