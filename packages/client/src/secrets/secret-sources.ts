import { readPlainFile } from './plain-file.ts';
import { runProgram } from './run-program.ts';
import { type SecretPlace, SecretSourceError } from './secret-source-error.ts';
import { identified } from './source-identity.ts';

export { isSecretSourceError, type SecretPlace, type SecretProblem, SecretSourceError } from './secret-source-error.ts';
export { identified } from './source-identity.ts';

/** Longest secret read, bytes. */
const LONGEST = 65_536;

// Below `policy.mintTimeoutMs`, so that it is the program which is named where it hangs, and not the issuer.
const PROGRAM_TIMEOUT_MS = 8_000;

/**
 * A secret in an environment variable, looked up at each mint. Node only, as all of this file.
 * @throws {SecretSourceError} at the mint, where the variable is missing or empty.
 */
export function secretFromEnv(name: string, env: Readonly<Record<string, string | undefined>> = process.env): () => string {
  const read = () => {
    const value = env[name];
    if (value === undefined) throw new SecretSourceError({ variable: name }, 'unset');
    return notEmpty(value, { variable: name });
  };
  return identified(read, ['variable', name, env]);
}

/**
 * A secret in a file, read anew at each mint, so that a rotated one is found; line ends at its end, and a byte order mark, are left out.
 * @throws {SecretSourceError} at the mint, where the file cannot be read, is no plain file, is empty or longer than 64 KiB.
 */
export function secretFromFile(path: string): () => Promise<string> {
  return identified(async () => notEmpty(await readPlainFile(path, LONGEST), { file: path }), ['file', path]);
}

/**
 * A secret that a program prints, run anew at each mint without a shell, in `folder` where one is named; line ends at its end, and a byte order mark, are left out.
 * Where it does not end within `timeoutMs`, default 8 000, it is ended with all that it started.
 * @throws {SecretSourceError} at the mint, where the program fails, prints nothing or more than 64 KiB. What it printed is in no message.
 */
export function secretFromCommand(
  command: readonly [string, ...string[]],
  options: { readonly timeoutMs?: number; readonly folder?: string } = {},
): () => Promise<string> {
  const { timeoutMs = PROGRAM_TIMEOUT_MS, folder } = options;
  const read = async () => notEmpty(await runProgram(command, { timeoutMs, folder, longest: LONGEST }), { program: command[0] });
  return identified(read, ['program', folder, timeoutMs, ...command]);
}

function notEmpty(text: string, place: SecretPlace): string {
  // Some editors and shells of Windows put a byte order mark before what they save.
  const value = text.replace(/^\ufeff/, '').replace(/[\r\n]+$/, '');
  if (value === '') throw new SecretSourceError(place, 'empty');
  return value;
}
