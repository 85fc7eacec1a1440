// Processes with pages to look at, for the bench and the screenshots: an agent before a scripted issuer, a tenant, and the browser.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newAppKey } from '@evertoken/agent';
import { plainEnvironment, runProcess, spawnProcess, startTokenEndpoint } from '@evertoken/testkit';
import { chromium } from 'playwright-core';
import { root } from '../set-up.mjs';

const command = join(root, 'packages/cli/dist/evertoken.cjs');

/** The browser of Debian, which knows no host but this machine. */
export function launchBrowser() {
  const executablePath = execFileSync('/bin/sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim();
  return chromium.launch({ executablePath, args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1'] });
}

/**
 * Starts an agent that keeps `tokens`, whose issuer answers `scriptOf` the audience. Apps may read all of them.
 * @param {{ tokens: readonly string[], apps: readonly string[], script: import('@evertoken/testkit').Script }} setting
 */
export async function startAgentToShow({ tokens, apps, script }) {
  const issuer = await startTokenEndpoint();
  issuer.answer(script);
  const keys = Object.fromEntries(apps.map((app) => [app, newAppKey()]));
  const token = (name) =>
    `  ${name}: { token_endpoint: "${issuer.url}", client_id: m2m, client_secret: none-of-anybody, audience: "https://${name}.example.com/", scope: "read:${name} write:${name}" }`;
  const app = (name) => `  ${name}: { key_sha256: "${keys[name].sha256}", tokens: [${tokens.join(', ')}] }`;
  const config = ['tokens:', ...tokens.map(token), 'apps:', ...apps.map(app), 'listen: ["http://127.0.0.1:0"]'];
  const started = await start(['start', '--keep-trying', '--log', 'json'], /"event":"agent\.listening"/, {
    files: { 'evertoken.yaml': `${config.join('\n')}\n` },
  });
  const [, url = ''] = /"urls":\["(http:[^"]+)"/.exec(started.process.stderr + started.process.stdout) ?? [];
  return {
    url,
    issuer,
    link: () => linkFrom(['open', '--print'], started.cwd),
    /** One read of `name` by `app`. */
    read: async (app, name) =>
      void (await (await fetch(`${url}/v1/tokens/${name}`, { headers: { authorization: `Bearer ${keys[app].key}` } })).text()),
    async close() {
      await started.close();
      await issuer.close();
    },
  };
}

/** Starts a tenant with what it begins with, and its address. */
export async function startTenantToShow({ seed = 'clients: []\n' } = {}) {
  const args = ['tenant', 'start', '--listen', 'https://localhost:0', '--log', 'json', '--seed', 'tenant.yaml'];
  const started = await start(args, /"event":"tenant\.listening"/, { files: { 'tenant.yaml': seed } });
  const [, url = ''] = /"url":"(https:[^"]+)"/.exec(started.process.stderr + started.process.stdout) ?? [];
  return { url, cwd: started.cwd, link: () => linkFrom(['tenant', 'open', '--print'], started.cwd), close: started.close };
}

async function start(args, whenReady, { files = {} } = {}) {
  const cwd = await mkdtemp(join(tmpdir(), 'evertoken-pages-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, name), text);
  const process_ = spawnProcess(process.execPath, [command, ...args], { cwd, env: plainEnvironment() });
  const close = async () => {
    await process_.stop();
    await rm(cwd, { recursive: true, force: true });
  };
  try {
    await process_.waitFor(whenReady, 60_000);
    return { cwd, process: process_, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function linkFrom(args, cwd) {
  const { code, stdout, stderr } = await runProcess(process.execPath, [command, ...args], { cwd, env: plainEnvironment() });
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}
