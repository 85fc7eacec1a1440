// `npm run test:on-node -- 22 24 26`: the client's tests on other versions of Node, fetched as packages where they are not at hand.
import { spawnSync } from 'node:child_process';
import { root, say, setUp } from './set-up.mjs';

const versions = process.argv.slice(2);
if (versions.length === 0) versions.push('22', '24', '26');
await setUp(say, { isForTests: true });

const failed = [];
for (const version of versions) {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}@${version}`;
  say(`running the client's tests on Node.js ${version} …`);
  const command = 'node --version && node node_modules/vitest/vitest.mjs run --project packages packages/client';
  const { status } = spawnSync('npx', ['--yes', '--package', name, '--call', command], { cwd: root, stdio: 'inherit' });
  if (status !== 0) failed.push(version);
}
if (failed.length > 0) {
  say(`failed on Node.js ${failed.join(', ')}`);
  process.exitCode = 1;
}
