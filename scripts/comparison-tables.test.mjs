import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { measuredIn, withMeasured } from './comparison-tables.mjs';
import { root } from './set-up.mjs';

it('what docs/comparison.md calls measured is what the benches measured last (node scripts/write-comparison.mjs writes it)', async () => {
  const page = await readFile(join(root, 'docs/comparison.md'), 'utf8');
  const benches = await readFile(join(root, 'bench/README.md'), 'utf8');
  expect(measuredIn(page, benches)).toHaveLength(6);
  expect(page).toBe(withMeasured(page, benches));
});

it('takes the columns that the page has, and refuses one that the bench has not', () => {
  const benches = '| reads | ns | bytes |\n|---|--:|--:|\n| ours | 7 | 8 |\n| theirs | 5 | 6 |\n';
  const page = 'Text.\n\n| reads | bytes |\n|---|---|\n| ours | 1 |\n\n| other | bytes |\n|---|---|\n| x | y |\n';
  expect(withMeasured(page, benches)).toBe(page.replace('| ours | 1 |', '| ours | 8 |\n| theirs | 6 |'));
  expect(() => withMeasured(page.replace('bytes', 'ms'), benches)).toThrow('no column "ms"');
});
