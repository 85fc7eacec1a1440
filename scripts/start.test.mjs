import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { root } from './set-up.mjs';

/** A clone whose set-up is `setUp`, and whose command says "up" and stays until it is told to end. */
function cloneWith(setUp) {
  const folder = mkdtempSync(join(tmpdir(), 'evertoken-start-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of ['scripts', 'packages/cli/dist']) mkdirSync(join(folder, name), { recursive: true });
  copyFileSync(join(root, 'scripts/start.mjs'), join(folder, 'scripts/start.mjs'));
  const exports = `export const root = ${JSON.stringify(folder)};\nexport const say = console.log;\nexport async function setUp() { ${setUp} }\n`;
  writeFileSync(join(folder, 'scripts/set-up.mjs'), exports);
  const command = `const stay = setInterval(() => {}, 1000); process.on('SIGTERM', () => clearInterval(stay)); console.log('up ' + process.pid);`;
  writeFileSync(join(folder, 'packages/cli/dist/evertoken.cjs'), command);
  return folder;
}

const setUpThatOutlivesIt = `
  console.log('up ' + process.pid);
  const shell = process.ppid;
  await new Promise((resolve) => {
    const look = setInterval(() => {
      if (process.ppid === shell) return;
      clearInterval(look);
      resolve();
    }, 10);
  });`;

it.skipIf(process.platform === 'win32').each([
  ['while it sets up', setUpThatOutlivesIt],
  ['when it runs', ''],
])('ends with the shell that npm runs it in, %s', async (_when, setUp) => {
  const env = { PATH: process.env.PATH, npm_lifecycle_event: 'start' };
  const script = '"$0" scripts/start.mjs; true';
  const shell = spawn('/bin/sh', ['-c', script, process.execPath], { cwd: cloneWith(setUp), env, stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  shell.stdout.on('data', (chunk) => (printed += chunk));
  await expect.poll(() => printed).toMatch(/^up \d+\n/);
  const pid = Number(printed.slice(3));
  onTestFinished(() => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended, as it should.
    }
  });
  shell.kill('SIGTERM');
  // Not before the last that holds its output has ended.
  await expect.poll(() => shell.stdout.readableEnded).toBe(true);
});
