// `node scripts/write-errors.mjs`: writes docs/errors.md anew, out of the sources. A test compares the page with them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorPage } from './error-page.mjs';
import { root, say } from './set-up.mjs';

await writeFile(join(root, 'docs/errors.md'), await errorPage(root));
say('wrote docs/errors.md');
