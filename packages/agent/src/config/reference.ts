import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import type { SecretSource } from '@evertoken/client';
import type { Reference } from './schema-parts.ts';

const maxBytes = 64 * 1024;
const commandTimeoutMs = 10_000;

/** What references are read against. */
export interface ReferenceContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative files are in. */
  readonly folder: string;
}

/**
 * The value of `reference` now.
 *
 * @throws {Error} It cannot be read; the message names the variable, file or command and what mends it, never the value.
 */
export async function readReference(reference: Reference, context: ReferenceContext): Promise<string> {
  if (typeof reference === 'string') return reference;
  if ('env' in reference) {
    const value = context.env[reference.env];
    if (value === undefined || value === '') {
      throw new Error(`the environment variable ${reference.env} is ${value === undefined ? 'not set' : 'empty'}; set it before the start`);
    }
    return value;
  }
  return 'file' in reference
    ? readSecretFile(resolveIn(context.folder, reference.file))
    : runSecretCommand(reference.command, context.folder);
}

/**
 * How a client secret is read at each mint: a file or command anew, so that a rotated secret is found; a literal or an environment
 * variable once, since neither can change. A command is first run at the first mint.
 *
 * @throws {Error} The variable or file cannot be read already.
 */
export async function openSecretSource(reference: Reference, context: ReferenceContext): Promise<SecretSource> {
  if (typeof reference !== 'string' && 'command' in reference) return () => runSecretCommand(reference.command, context.folder);
  const value = await readReference(reference, context);
  return typeof reference !== 'string' && 'file' in reference ? () => readReference(reference, context) : value;
}

async function readSecretFile(path: string): Promise<string> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > maxBytes) throw new Error(`the file ${path} is larger than ${maxBytes} bytes; it is to hold the value alone`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const step = code === 'ENOENT' ? 'does not exist; create it with the value alone' : `cannot be read (${code}); let this user read it`;
    throw new Error(`the file ${path} ${step}`, { cause: error });
  }
  return notEmpty(text, `the file ${path} is empty; write the value into it`);
}

function runSecretCommand(command: readonly string[], folder: string): Promise<string> {
  const [program, ...args] = command as [string, ...string[]];
  return new Promise((done, fail) => {
    // Neither output nor error text may reach a message: either could hold the secret.
    execFile(program, args, { cwd: folder, timeout: commandTimeoutMs, maxBuffer: maxBytes, encoding: 'utf8' }, (error, stdout) => {
      if (error !== null) {
        const how = error.killed ? `did not end within ${commandTimeoutMs / 1000} s` : `failed (${String(error.code ?? error.signal)})`;
        fail(new Error(`the command \`${program}\` ${how}; run it by hand as this user to see why`));
        return;
      }
      try {
        done(notEmpty(stdout, `the command \`${program}\` printed nothing; it is to print the value alone`));
      } catch (empty) {
        fail(empty as Error);
      }
    });
  });
}

function notEmpty(text: string, problem: string): string {
  const value = text.replace(/[\r\n]+$/, '');
  if (value === '') throw new Error(problem);
  return value;
}

function resolveIn(folder: string, path: string): string {
  return isAbsolute(path) ? path : resolve(folder, path);
}
