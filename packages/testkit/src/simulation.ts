export { BrokenPromise, type BrokenPromiseCode } from './simulation/broken-promise.ts';
export { checkYears, type YearsChecked, type YearsToCheck } from './simulation/check-years.ts';
export { linesOf } from './simulation/script-lines.ts';
export { seededRandom } from './simulation/seeded-random.ts';
export type { KeeperMaker } from './simulation/simulated-process.ts';
export { simulateYear } from './simulation/simulated-year.ts';
export { emptyReport, sum, type YearReport } from './simulation/year-report.ts';
export type { Happening, TokenScript, YearScript } from './simulation/year-script.ts';
