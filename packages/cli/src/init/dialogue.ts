import { cancel, intro, isCancel, log, outro, select } from '@clack/prompts';
import type { StateFolder } from '@evertoken/service';
import { exitCode } from '../exit-code.ts';
import { printable } from '../printable.ts';
import type { Terminal } from '../terminal.ts';
import { askAnswers, DialogueEnded } from './ask-answers.ts';
import type { InitAnswers, InitOptions } from './init-answers.ts';
import { nextSteps } from './next-steps.ts';
import { tryOut } from './try-out.ts';
import { type PreparedConfig, prepareConfig } from './write-config.ts';

interface Dialogue {
  readonly options: InitOptions;
  readonly target: string;
  readonly folder: StateFolder;
}

/** Asks for the answers, tests them, asks again where the issuer refuses them, and writes the config. Answers exit code 1 where the person gives up. */
export async function runDialogue(dialogue: Dialogue, terminal: Terminal): Promise<number> {
  const { options, target, folder } = dialogue;
  const { ended, close } = endOfInput(terminal);
  intro(`Evertoken keeps tokens for your programs. This writes ${target}.`);
  let before: InitAnswers | undefined;
  try {
    for (;;) {
      let prepared: PreparedConfig | undefined;
      try {
        const answers = await Promise.race([askAnswers(options, before, terminal), ended]);
        before = answers;
        prepared = await prepareConfig(answers, target, terminal.cwd, folder);
        if (!(await Promise.race([isAccepted(prepared, dialogue, terminal), ended]))) continue;
        await prepared.place();
        outro(nextSteps(answers, target, prepared, terminal));
        return exitCode.ok;
      } finally {
        await prepared?.discard();
      }
    }
  } catch (error) {
    if (!(error instanceof DialogueEnded)) throw error;
    cancel(error.message);
    return exitCode.failure;
  } finally {
    close();
  }
}

/** `ended` rejects where the person ends the input, as by Ctrl-D: a prompt then waits for ever, and nothing else keeps the process. */
function endOfInput(terminal: Terminal): { ended: Promise<never>; close(): void } {
  let onEnd = (): void => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    onEnd = () => {
      // The prompt has hidden the cursor.
      terminal.stdout.write('\u001b[?25h');
      reject(new DialogueEnded('Nothing was written.'));
    };
  });
  process.once('beforeExit', onEnd);
  return { ended, close: () => void process.off('beforeExit', onEnd) };
}

/** Whether to write the file: the credentials work, or the person wants it anyway. */
async function isAccepted(prepared: PreparedConfig, { options, target, folder }: Dialogue, terminal: Terminal): Promise<boolean> {
  const problems: string[] = [];
  try {
    for (const { level, what, meaning = '', step = '' } of await tryOut(prepared, target, folder, options, terminal)) {
      if (level === 'ok') log.success(printable(what));
      else if (level === 'warning') log.warn(printable([what, meaning, step].filter(Boolean).join('\n')));
      else problems.push(printable([what, meaning, step].filter(Boolean).join('\n')));
    }
  } catch (error) {
    problems.push(printable((error as Error).message));
  }
  if (problems.length === 0) return true;
  log.error(problems.join('\n'));
  const choice = await select({
    message: 'No token can be had like this.',
    options: [
      { value: 'again', label: 'change the answers' },
      { value: 'write', label: 'write the file all the same' },
      { value: 'end', label: 'end, and write nothing' },
    ],
  });
  if (isCancel(choice) || choice === 'end') throw new DialogueEnded('Nothing was written.');
  return choice === 'write';
}
