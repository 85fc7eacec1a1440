// `npm start`: sets up what is missing, then becomes `evertoken dev`, in this very process, so that one Ctrl-C reaches it once.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, say, setUp } from './set-up.mjs';

// First: the set-up takes a minute, and whoever does not wait for it must not leave us behind.
endWithShell();
await setUp(say, { isForTests: false });
const command = join(root, 'packages/cli/dist/evertoken.cjs');
process.argv = [process.execPath, command, 'dev', ...process.argv.slice(2)];
await import(pathToFileURL(command).href);

/** npm passes a SIGTERM on to the shell alone that it runs us in: that shell is gone then, and we would go on unseen, with our ports. */
function endWithShell() {
  if (process.env.npm_lifecycle_event !== 'start' || process.platform === 'win32') return;
  const shell = process.ppid;
  const watch = setInterval(() => process.ppid !== shell && process.kill(process.pid, 'SIGTERM'), 500).unref();
  // Whoever is told directly is told once: at a second signal it would not end in peace.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      clearInterval(watch);
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
  }
}
