import { relative } from 'node:path';

/** Findings about tests of one file that bear the same full name, from the output of `vitest list --json`. */
export function testNameFindings(root, tests) {
  const seen = new Set();
  const findings = new Set();
  for (const { file, name } of tests) {
    const key = `${file}\n${name}`;
    if (seen.has(key)) findings.add(`${relative(root, file)}: two tests are named "${name}"`);
    seen.add(key);
  }
  return tests.length === 0 ? ['no test was found'] : [...findings];
}
