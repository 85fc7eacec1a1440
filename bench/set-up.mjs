import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { isInstalled, say, setUp } from '../scripts/set-up.mjs';

/** Makes the clone ready, then installs the rivals into bench/ unless the ones of its lock file are there. */
export async function setUpBench() {
  await setUp(say, { isForTests: false });
  const lock = new URL('package-lock.json', import.meta.url);
  const record = new URL('node_modules/.package-lock.json', import.meta.url);
  const read = (url) => JSON.parse(readFileSync(url, 'utf8'));
  if (existsSync(record) && isInstalled(read(lock), read(record), { isForTests: true })) return;
  say('installing the rivals into bench/ …');
  // As in scripts/set-up.mjs: the versions of the lock file, which itself stays as it is.
  const { status } = spawnSync('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: new URL('.', import.meta.url),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status === 0) return;
  say('npm could not install them: see above. Is the package registry reachable?');
  process.exit(1);
}
