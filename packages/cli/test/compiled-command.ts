import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type FinishedProcess, plainEnvironment, runProcess, type SpawnedProcess, spawnProcess } from '@evertoken/testkit';

const workspace = fileURLToPath(new URL('../../..', import.meta.url));
const compiler = join(workspace, 'node_modules/typescript/bin/tsc');

/** Path of the compiled command, for programs that run it. */
export const commandPath: string = join(workspace, 'packages/cli/dist/evertoken.cjs');

/** Where and how it is run. */
export interface Setting {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

async function buildPages(): Promise<void> {
  const builder = join(workspace, 'scripts/build-pages.mjs');
  const { code, stderr } = await runProcess(process.execPath, [builder], { cwd: workspace, env: plainEnvironment(), deadlineMs: 120_000 });
  if (code !== 0) throw new Error(`The pages cannot be built:\n${stderr}`);
}

let compiled: Promise<void> | undefined;

/** Compiles the command where its sources have changed; one process at a time, as the output of two would mix. */
export function compileCommand(): Promise<void> {
  compiled ??= compile();
  return compiled;
}

async function compile(): Promise<void> {
  const lock = join(workspace, 'packages/cli/node_modules/.compiling');
  await mkdir(join(lock, '..'), { recursive: true });
  for (let tries = 0; ; tries++) {
    const isOurs = await mkdir(lock).then(
      () => true,
      () => false,
    );
    // A lock that a killed process left is not waited for longer than any compiler takes.
    if (isOurs || tries > 600) break;
    await delay(100);
  }
  try {
    const { code, stdout } = await runProcess(process.execPath, [compiler, '-b', '--noCheck', 'packages/cli'], {
      cwd: workspace,
      env: plainEnvironment(),
      deadlineMs: 120_000,
    });
    if (code !== 0) throw new Error(`The command does not compile:\n${stdout}`);
    // It serves pages, of which any will do here.
    if (!existsSync(join(workspace, 'packages/console/dist/dashboard/index.html'))) await buildPages();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

/** Starts the command in an environment that holds nothing but PATH, HOME and what is given. */
export async function spawnEvertoken(args: readonly string[], setting: Setting = {}): Promise<SpawnedProcess> {
  await compileCommand();
  return spawnProcess(process.execPath, [commandPath, ...args], { ...setting, env: plainEnvironment(setting.env) });
}

/** Runs it to its end. */
export async function evertoken(args: readonly string[], setting: Setting = {}): Promise<FinishedProcess> {
  await compileCommand();
  return await runProcess(process.execPath, [commandPath, ...args], { ...setting, env: plainEnvironment(setting.env) });
}
