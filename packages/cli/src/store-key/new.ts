import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { newSealingKey } from '@evertoken/agent';
import pc from 'picocolors';
import { CliError } from '../cli-error.ts';
import type { Terminal } from '../terminal.ts';

/** Makes a key that seals the tokens of a shared store, and prints it, once, or writes it to a file of its own. Keeps nothing. */
export async function makeStoreKey(options: { file?: string; json?: boolean }, terminal: Terminal): Promise<void> {
  const key = newSealingKey();
  if (options.file === undefined) {
    terminal.stdout.write(options.json === true ? `${JSON.stringify({ key }, undefined, 2)}\n` : screenOf(key, terminal));
    return;
  }
  const path = resolve(terminal.cwd, options.file);
  await writeNew(path, `${key}\n`);
  terminal.stdout.write(
    options.json === true ? `${JSON.stringify({ file: path }, undefined, 2)}\n` : `${path}\n\n${linesOf(`{ file: ${path} }`, terminal)}`,
  );
}

async function writeNew(path: string, content: string): Promise<void> {
  try {
    // Never over another key: what it sealed could no longer be opened.
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const isThere = code === 'EEXIST';
    throw new CliError({
      problem: isThere ? 'There is a file already' : `The file cannot be written (${code})`,
      place: path,
      step: isThere
        ? 'Name another file: a key that is in use is never replaced by this command.'
        : 'Name a file in a folder that this user may write in.',
      cause,
    });
  }
}

function screenOf(key: string, terminal: Terminal): string {
  return `${pc.createColors(terminal.hasOutputColor).bold(key)}\n\n${linesOf('{ env: EVERTOKEN_STORE_KEY }', terminal)}`;
}

function linesOf(reference: string, terminal: Terminal): string {
  const { dim } = pc.createColors(terminal.hasOutputColor);
  const hint = 'The same for every agent and process of the fleet; keep it elsewhere than in the store. In evertoken.yaml:';
  return [dim(hint), '', 'store:', '  redis:', '    url: { env: REDIS_URL }', `    key: ${reference}`, ''].join('\n');
}
