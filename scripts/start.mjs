// `npm start`: sets up what is missing, then becomes `evertoken dev`, in this very process, so that one Ctrl-C reaches it once.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, say, setUp } from './set-up.mjs';

await setUp(say, { isForTests: false });
const command = join(root, 'packages/cli/dist/evertoken.cjs');
process.argv = [process.execPath, command, 'dev', ...process.argv.slice(2)];
await import(pathToFileURL(command).href);
