import { existsSync } from 'node:fs';
import { readdir, rmdir, unlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import { openStateFolder, type StateFolder } from '@evertoken/service';
import { formatFinding } from '../check/check-screen.ts';
import { CliError } from '../cli-error.ts';
import { defaultConfigFile } from '../config-file.ts';
import { exitCode } from '../exit-code.ts';
import { homeOf } from '../home.ts';
import { startUpError } from '../start-up-error.ts';
import type { Terminal } from '../terminal.ts';
import { answersOf, type InitAnswers, type InitOptions, missingOptions } from './init-answers.ts';
import { nextSteps } from './next-steps.ts';
import { tryOut } from './try-out.ts';
import { alreadyThere, prepareConfig } from './write-config.ts';

/** Writes a commented config file from the options or from what it asks, after the credentials have proved good. Answers the exit code. */
export async function runInit(options: InitOptions, terminal: Terminal): Promise<number> {
  const target = resolve(terminal.cwd, options.config ?? defaultConfigFile);
  if (existsSync(target)) throw alreadyThere(target);
  const answers = answersOf(options);
  const canAsk = terminal.isInputTerminal && terminal.isOutputTerminal;
  if (answers === undefined && !canAsk) {
    const problem = `There is no terminal to ask at, and no ${missingOptions(options).join(', ')}`;
    throw new CliError({ problem, step: 'Give these options, or run it at a terminal.', exitCode: exitCode.usage });
  }
  const home = homeOf(options, terminal);
  const isNew = !existsSync(home);
  const folder = await openStateFolder(home).catch((error: unknown) => {
    throw startUpError(error, {});
  });
  try {
    if (answers !== undefined) return await writeFrom(answers, { options, target, folder }, terminal);
    const { runDialogue } = await import('./dialogue.ts');
    return await runDialogue({ options, target, folder }, terminal);
  } finally {
    if (isNew && !existsSync(target)) await removeBare(folder);
  }
}

async function writeFrom(
  answers: InitAnswers,
  { options, target, folder }: { options: InitOptions; target: string; folder: StateFolder },
  terminal: Terminal,
): Promise<number> {
  const prepared = await prepareConfig(answers, target, terminal.cwd, folder);
  try {
    const findings = await tryOut(prepared, target, folder, options, terminal);
    for (const finding of findings) terminal.stdout.write(formatFinding(finding, terminal));
    if (findings.some((finding) => finding.level === 'problem')) {
      const step = 'Mend what is said above, or write the file all the same with --offline.';
      throw new CliError({ problem: 'Nothing was written: with these credentials no token can be had', place: target, step });
    }
    await prepared.place();
  } finally {
    await prepared.discard();
  }
  terminal.stdout.write(nextSteps(answers, target, prepared, terminal));
  return exitCode.ok;
}

/** Removes a state folder that holds nothing but what it was made with. */
async function removeBare({ path, file }: StateFolder): Promise<void> {
  if ((await readdir(path)).some((name) => name !== '.gitignore')) return;
  await unlink(file('.gitignore'));
  await rmdir(path);
}
