import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';

/** Longest secret read, bytes. */
const LONGEST = 65_536;

/**
 * A secret in an environment variable, looked up at each mint. Node only, as all of this file.
 * @throws {Error} at the mint, where the variable is missing or empty.
 */
export function secretFromEnv(name: string, env: Readonly<Record<string, string | undefined>> = process.env): () => string {
  return () => notEmpty(env[name] ?? '', `The environment variable ${name} is missing or empty.`);
}

/**
 * A secret in a file, read anew at each mint, so that a rotated one is found; line ends at its end are left out.
 * @throws {Error} at the mint, where the file cannot be read, is empty or longer than 64 KiB.
 */
export function secretFromFile(path: string): () => Promise<string> {
  return async () => {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST + 1), 0, LONGEST + 1, 0);
      if (bytesRead > LONGEST) throw new Error(`The file ${path} is longer than ${LONGEST} bytes; it is to hold the secret alone.`);
      return notEmpty(buffer.toString('utf8', 0, bytesRead), `The file ${path} is empty.`);
    } finally {
      await file.close();
    }
  };
}

/**
 * A secret that a program prints, run anew at each mint without a shell; line ends at its end are left out. `timeoutMs` default 10 000.
 * @throws {Error} at the mint, where the program fails, prints nothing or more than 64 KiB. What it printed is in no message.
 */
export function secretFromCommand(
  command: readonly [string, ...string[]],
  options: { readonly timeoutMs?: number } = {},
): () => Promise<string> {
  const [program, ...args] = command;
  const { timeoutMs = 10_000 } = options;
  return () =>
    new Promise((resolve, reject) => {
      execFile(program, args, { timeout: timeoutMs, maxBuffer: LONGEST, encoding: 'utf8' }, (error, stdout) => {
        if (error !== null) {
          const how = error.killed ? `did not end within ${timeoutMs} ms` : `failed (${String(error.code ?? error.signal)})`;
          reject(new Error(`The program ${program} ${how}.`));
          return;
        }
        try {
          resolve(notEmpty(stdout, `The program ${program} printed nothing.`));
        } catch (empty) {
          reject(empty as Error);
        }
      });
    });
}

function notEmpty(text: string, problem: string): string {
  const value = text.replace(/[\r\n]+$/, '');
  if (value === '') throw new Error(problem);
  return value;
}
