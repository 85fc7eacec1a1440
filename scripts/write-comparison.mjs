// `node scripts/write-comparison.mjs`: puts the numbers of bench/README.md into docs/comparison.md, as a bench does at its end. A test compares the two.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withMeasured } from './comparison-tables.mjs';
import { root, say } from './set-up.mjs';

const path = join(root, 'docs/comparison.md');
await writeFile(path, withMeasured(await readFile(path, 'utf8'), await readFile(join(root, 'bench/README.md'), 'utf8')));
say('wrote docs/comparison.md');
