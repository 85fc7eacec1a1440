export { BrokenPromise, type BrokenPromiseCode } from './simulation/broken-promise.ts';
export { checkYears, type YearsChecked, type YearsToCheck } from './simulation/check-years.ts';
export { type KeeperMaker, simulateYear, type YearReport } from './simulation/simulated-year.ts';
export { type Happening, linesOf, type YearScript } from './simulation/year-script.ts';
