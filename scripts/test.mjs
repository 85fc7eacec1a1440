// `npm test`: sets up what is missing, the programs of others that tests run too, runs the tests with coverage (`npm test -- packages/client` runs
// some), and ends with one line: `N passed, N failed` or `N passed, N failed, N skipped`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closingLine } from './closing-line-reporter.mjs';
import { coverageTable } from './coverage-table.mjs';
import { installPrograms } from './debian-programs.mjs';
import { root, say, setUp } from './set-up.mjs';

const args = process.argv.slice(2);
await setUp(say, { isForTests: true });
const filters = args.filter((arg) => !arg.startsWith('-')).map((arg) => arg.replace(/^\.\//, ''));
installPrograms(say, filters);

const temporary = mkdtempSync(join(tmpdir(), 'evertoken-test-'));
const countsFile = join(temporary, 'counts.json');
const coverageFile = join(root, 'coverage/coverage-summary.json');
rmSync(coverageFile, { force: true });
const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', root, '--coverage'];
const reporters = ['--reporter=default', '--reporter=./scripts/closing-line-reporter.mjs'];
const { status, signal } = spawnSync(process.execPath, [...vitest, ...reporters, ...args], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, EVERTOKEN_TEST_COUNTS: countsFile },
});
// No counts: Vitest itself broke, which is a failure and must not pass for an empty run.
const counts = existsSync(countsFile) ? JSON.parse(readFileSync(countsFile, 'utf8')) : { passed: 0, failed: 1, skipped: 0 };
rmSync(temporary, { recursive: true, force: true });

if (existsSync(coverageFile)) console.log(`\n${coverageTable(JSON.parse(readFileSync(coverageFile, 'utf8')), root).join('\n')}\n`);
const ranNothing = counts.passed + counts.failed === 0;
if (ranNothing) say('no test ran, which counts as a failure.');
else if (status !== 0 && counts.failed === 0) say(`vitest ended with ${signal ?? `code ${status}`} although no test failed: see above.`);
process.exitCode = ranNothing || counts.failed > 0 ? Math.max(status ?? 1, 1) : (status ?? 1);
console.log(closingLine(counts));
