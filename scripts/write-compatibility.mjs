// `node scripts/write-compatibility.mjs`: writes docs/compatibility.md anew, out of the tables of the tenant. A test compares the page with them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root, say, setUp } from './set-up.mjs';

await setUp(say, { isForTests: false });
// Only now is it built.
const { compatibilityPage } = await import('@evertoken/tenant/compatibility');
await writeFile(join(root, 'docs/compatibility.md'), compatibilityPage());
say('wrote docs/compatibility.md');
