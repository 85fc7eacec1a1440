// `node scripts/write-errors.mjs`: writes docs/errors.md anew, out of the sources. A test compares the page with them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installPackages, root, say } from './set-up.mjs';

await installPackages(say, { isForTests: false });
// Only now are the packages there that it takes.
const { errorPage } = await import('./error-page.mjs');
await writeFile(join(root, 'docs/errors.md'), await errorPage(root));
say('wrote docs/errors.md');
