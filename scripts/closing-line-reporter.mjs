import { writeFileSync } from 'node:fs';

/** A Vitest reporter that leaves `{ passed, failed, skipped }` in the file named by EVERTOKEN_TEST_COUNTS; see test.mjs. */
export default class ClosingLineReporter {
  onTestRunEnd(testModules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const testModule of testModules) {
      const tests = [...testModule.children.allTests()];
      for (const test of tests) counts[test.result().state === 'pending' ? 'skipped' : test.result().state] += 1;
      // A file or suite that broke outside its tests would count for nothing otherwise.
      const isBrokenOutside = testModule.state() === 'failed' && tests.every((test) => test.result().state !== 'failed');
      if (isBrokenOutside) counts.failed += 1;
    }
    writeFileSync(process.env.EVERTOKEN_TEST_COUNTS, JSON.stringify(counts));
  }
}

/** `N passed, N failed` with `, N skipped` where any was. */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
