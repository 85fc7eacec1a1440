import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FinishedProcess, plainEnvironment, runProcess, type SpawnedProcess, spawnProcess } from '@evertoken/testkit';

/** Folder of the workspace. */
export const workspace: string = fileURLToPath(new URL('..', import.meta.url));

const command = join(workspace, 'packages/cli/dist/evertoken.cjs');

/** Where and how `evertoken` is run. */
export interface Setting {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly deadlineMs?: number;
}

/** Starts the built command. */
export function spawnEvertoken(args: readonly string[], setting: Setting = {}): SpawnedProcess {
  return spawnProcess(process.execPath, [command, ...args], { ...setting, env: plainEnvironment(setting.env) });
}

/** Runs the built command to its end. */
export function evertoken(args: readonly string[], setting: Setting = {}): Promise<FinishedProcess> {
  return runProcess(process.execPath, [command, ...args], { ...setting, env: plainEnvironment(setting.env) });
}

/** Runs a line as a person pastes it into a shell. */
export function shell(line: string, setting: Setting = {}): Promise<FinishedProcess> {
  return runProcess('/bin/sh', ['-c', line], { ...setting, env: plainEnvironment(setting.env) });
}

/** A fresh folder, and what removes it. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'evertoken-e2e-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What a shell knows after `set -a; . FILE`. */
export async function sourced(file: string): Promise<Record<string, string>> {
  const { stdout } = await runProcess('/bin/sh', ['-c', 'set -a; . "$1"; env -0', 'sh', file], { env: { PATH: process.env['PATH'] } });
  const lines = stdout.split('\0').filter((line) => line !== '');
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}
