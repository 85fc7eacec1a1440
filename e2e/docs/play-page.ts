import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { plainEnvironment, runProcess, type SpawnedProcess, spawnProcess } from '@evertoken/testkit';
import { workspace } from '../evertoken.ts';
import type { MarkdownBlock, Page } from './markdown-block.ts';
import type { PageStage } from './page-stage.ts';

/** What one block does, on the stage of its page. Rejects where it does not do what the page says. */
type Act = (block: MarkdownBlock) => Promise<void>;

/**
 * Plays a page from its first block to its last, as a reader does who types all of it into one terminal: variables that were exported are there in the next
 * block. Rejects with the place of the block that does not do what the page says, also where only the left side of a pipe fails; with `onFailure`, which a
 * terminal would show, it is told and the reader goes on all the same.
 */
export async function playPage(page: Page, stage: PageStage, { onFailure }: { onFailure?: (failure: Error) => void } = {}): Promise<void> {
  const running: SpawnedProcess[] = [];
  const programs: string[] = [];
  const environment = plainEnvironment(stage.env);

  // A terminal has not set it: what a page is played for to see what goes wrong must go as wrong as there.
  const pipes = onFailure === undefined ? 'set -o pipefail\n' : '';
  const type = (code: string) =>
    runProcess('/bin/bash', ['-c', pipes + asTyped(stage.staged(code))], { cwd: stage.folder, env: environment, deadlineMs: 120_000 });

  async function put(block: MarkdownBlock, name: string): Promise<void> {
    await stage.write(name, stage.staged(block.code));
    if (!/^evertoken.*\.yaml$/.test(basename(name))) return;
    const { code, stdout, stderr } = await type(`npx evertoken check --offline --config ${name} || [ $? -eq 1 ]`);
    if (code !== 0) throw new Error(`is no config of the agent:\n${stdout}${stderr}`);
  }

  const acts: { [kind in NonNullable<MarkdownBlock['use']>['kind']]: Act } = {
    run: async (block) => {
      const { code, stdout, stderr } = await type(block.code);
      const printed = stdout + stderr;
      if (code !== 0) throw new Error(`ended with ${code}:\n${printed}`);
      const text = printsOf(block);
      if (!printed.includes(stage.staged(text))) throw new Error(`did not print ${text}:\n${printed}`);
    },
    'keeps running': async (block) => {
      const line = `${variables}\n${stage.staged(block.code)}`;
      const started = spawnProcess('/bin/bash', ['-c', line], { cwd: stage.folder, env: environment });
      running.push(started);
      await started.waitFor(literally(stage.staged(printsOf(block))), 60_000);
    },
    file: (block) => put(block, whatOf(block)),
    from: async (block) => {
      if ((await readFile(join(workspace, whatOf(block)), 'utf8')) !== block.code) throw new Error(`is not what ${whatOf(block)} holds`);
      await put(block, basename(whatOf(block)));
    },
    installs: ({ code }) => stage.install(code),
    compiles: async ({ code }) => {
      programs.push(code);
    },
    'tested by': async () => undefined,
    'not run': async () => undefined,
  };

  try {
    for (const block of page.blocks) {
      const { use } = block;
      if (use === undefined) throw new Error(`${block.place}: nothing says what is done with this block`);
      await acts[use.kind](block).catch((cause: Error) => {
        const failure = new Error(`${block.place}: the block ${cause.message}`, { cause });
        if (onFailure === undefined) throw failure;
        onFailure(failure);
      });
    }
    await compile(page, stage, programs);
  } finally {
    await Promise.all(running.map((process) => process.stop()));
  }
}

const variables = '[ ! -f .exported ] || . ./.exported';

/** A block as it is pasted into the terminal of the page: after a command that fails the next one runs all the same, and the shell ends with how it failed. */
function asTyped(code: string): string {
  // The trap does not see what fails before an `&&`; the status of the last line tells it.
  return `${variables}\nfailed=0; trap 'failed=$?' ERR\n${code}\nlast=$?; trap - ERR\nexport -p > .exported\nexit $((failed ? failed : last))\n`;
}

function printsOf({ use }: MarkdownBlock): string {
  return use !== undefined && 'prints' in use ? (use.prints ?? '') : '';
}

function whatOf({ use }: MarkdownBlock): string {
  return use !== undefined && 'what' in use ? use.what : '';
}

function literally(text: string): RegExp {
  return new RegExp(text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
}

/** Compiles the programs of a page, as one. */
async function compile(page: Page, stage: PageStage, programs: readonly string[]): Promise<void> {
  if (programs.length === 0) return;
  await stage.write('package.json', '{ "type": "module" }');
  await stage.write('page.ts', programs.join('\n'));
  const compiler = join(workspace, 'node_modules/typescript/bin/tsc');
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2023', '--module', 'nodenext', '--types', 'node'];
  const args = [compiler, ...options, '--typeRoots', join(workspace, 'node_modules/@types'), 'page.ts'];
  const { code, stdout } = await runProcess(process.execPath, args, { cwd: stage.folder, env: plainEnvironment(), deadlineMs: 60_000 });
  if (code !== 0) throw new Error(`${page.path}: its programs do not compile:\n${stdout}`);
}
