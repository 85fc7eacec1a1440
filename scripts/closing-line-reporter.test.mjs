import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryClone } from './checks/temporary-clone.mjs';
import { closingLine } from './closing-line-reporter.mjs';
import { root } from './set-up.mjs';

function countsOf(files) {
  const clone = temporaryClone({ ...files, 'vitest.config.mjs': 'export default { test: { globals: true } };\n' });
  const counts = join(clone, 'counts.json');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const reporter = join(root, 'scripts/closing-line-reporter.mjs');
  const { VITEST, VITEST_WORKER_ID, VITEST_POOL_ID, ...env } = process.env;
  spawnSync(process.execPath, [vitest, 'run', '--root', clone, '--reporter', reporter], { env: { ...env, EVERTOKEN_TEST_COUNTS: counts } });
  return JSON.parse(readFileSync(counts, 'utf8'));
}

it('counts tests that passed, failed and were skipped, and files and suites that broke outside a test as failed', () => {
  const counts = countsOf({
    'tests.test.mjs': "it('a', () => {}); it('b', () => {}); it('c', () => { throw new Error('c'); }); it.skip('d', () => {});\n",
    'broken-file.test.mjs': "throw new Error('at import');\n",
    'broken-suite.test.mjs': "describe('s', () => { beforeAll(() => { throw new Error('s'); }); it('e', () => {}); });\n",
  });
  expect(counts).toEqual({ passed: 2, failed: 3, skipped: 2 });
});

it('says how many passed and failed, and how many were skipped where any was', () => {
  expect(closingLine({ passed: 3, failed: 0, skipped: 0 })).toBe('3 passed, 0 failed');
  expect(closingLine({ passed: 3, failed: 1, skipped: 2 })).toBe('3 passed, 1 failed, 2 skipped');
});
