import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalled, say, setUp } from '../scripts/set-up.mjs';
import { packedHome, packedNames } from './agent/agent-program.mjs';

/**
 * Makes the clone ready, then installs the rivals into bench/ unless the ones of its lock file are there, and our packages as they are published: the
 * `client` beside the rivals, the whole `agent` in a place of its own.
 */
export async function setUpBench({ client: isForClient, agent: isForAgent }) {
  // Packing takes development packages.
  await setUp(say, { isForTests: true });
  installRivals();
  if (isForClient) await installOurs(['@evertoken/client'], new URL('node_modules/', import.meta.url));
  if (isForAgent) await installOurs(packedNames, packedHome);
}

function installRivals() {
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

/** A workspace's link would be measured as it is developed: in many small files. */
async function installOurs(names, place) {
  const { packPackages } = await import('../scripts/pack.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'evertoken-bench-'));
  try {
    for (const { name, tarball } of await packPackages(folder, (name) => names.includes(name))) {
      const home = fileURLToPath(new URL(`${name}/`, place));
      rmSync(home, { recursive: true, force: true });
      mkdirSync(home, { recursive: true });
      execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', home]);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
