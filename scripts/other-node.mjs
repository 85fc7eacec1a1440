// Runs commands of the workspace on another version of Node.js, fetched as a package where it is not at hand.
import { spawnSync } from 'node:child_process';
import { root, say } from './set-up.mjs';

/**
 * Runs `command` on each of `versions` and tells which failed: exit code 1 of this process.
 * @param {readonly string[]} versions such as `22` or `24.1.0`; by default 22, 24 and 26
 * @param {string} what is run, for the reader
 * @param {string} command a line for the shell, whose `node` is that version
 */
export function runOnOtherNodes(versions, what, command) {
  const failed = [];
  for (const version of versions.length === 0 ? ['22', '24', '26'] : versions) {
    const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}@${version}`;
    say(`running ${what} on Node.js ${version} …`);
    const { status } = spawnSync('npx', ['--yes', '--package', name, '--call', `node --version && ${command}`], {
      cwd: root,
      stdio: 'inherit',
    });
    if (status !== 0) failed.push(version);
  }
  if (failed.length === 0) return;
  say(`failed on Node.js ${failed.join(', ')}`);
  process.exitCode = 1;
}
