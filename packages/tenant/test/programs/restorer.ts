// Restores a backup and kills itself in the midst of it: node restorer.mjs HOME FILE STEP. STEP is the change to the disk, counted from 1, that it does not
// come to. Prints `done` where there are fewer.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { openStateFolder } from '@evertoken/service';
import { restoreBackup } from '../../src/operate/restore-backup.ts';

const [home = '', file = '', step = ''] = process.argv.slice(2);
const folder = await openStateFolder(home);

let changes = 0;
const disk = fs.promises as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
for (const name of ['copyFile', 'link', 'rename', 'rm', 'unlink', 'mkdir', 'writeFile']) {
  const change = disk[name] as (typeof disk)[string];
  disk[name] = async (...args) => {
    changes += 1;
    if (changes === Number(step)) process.kill(process.pid, 'SIGKILL');
    return await change(...args);
  };
}
syncBuiltinESMExports();

await restoreBackup({ folder }, file, 1_790_000_000_000);
process.stdout.write('done\n');
