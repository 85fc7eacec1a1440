import { lstatSync, type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { CliError } from './cli-error.ts';
import type { Terminal } from './terminal.ts';

/** Name of the config file where none is named. */
export const defaultConfigFile = 'evertoken.yaml';

/**
 * Absolute path of the config file: the one that an option names, else `evertoken.yaml` of the current folder where it exists. A config runs commands, and the
 * current folder may be anybody's. So a file that no option names must belong to this user or root, and nobody else may write it; else a CliError is thrown.
 */
export function configFileOf(options: { config?: string }, terminal: Terminal): string | undefined {
  if (options.config !== undefined) return resolve(terminal.cwd, options.config);
  const file = resolve(terminal.cwd, defaultConfigFile);
  return refuseForeign(file) ? file : undefined;
}

/** Checks the file that {@link configFileOf} answered once more: somebody may have put another one there since. */
export function judgeConfigFile(file: string | undefined, options: { config?: string }): void {
  if (file !== undefined && options.config === undefined) refuseForeign(file);
}

/** Whether there is such a file. Throws a CliError where it is not safe to take. */
function refuseForeign(file: string): boolean {
  const link = lstatSync(file, { throwIfNoEntry: false });
  const target = statSync(file, { throwIfNoEntry: false });
  if (link === undefined || target === undefined) return false;
  const problem = problemOf(link, false) ?? problemOf(target, true);
  if (problem === undefined) return true;
  throw new CliError({
    problem: `A config file ${problem}, and nobody named it: whoever writes it says which commands run as this user`,
    place: file,
    step: `Read it; then take it over with \`chown\` and \`chmod go-w\`, name it with --config ${defaultConfigFile}, or run this in another folder.`,
  });
}

function problemOf({ uid, gid, mode }: Stats, isFile: boolean): string | undefined {
  if (uid !== 0 && uid !== process.getuid?.()) return `belongs to another user (uid ${uid})`;
  // Most Linux systems give each user a group of the same number, and let it write what the user writes.
  const others = gid === uid ? 0o002 : 0o022;
  // A link always has all mode bits, which mean nothing; so only the mode of the file counts.
  return isFile && (mode & others) !== 0 ? `may be written by others (mode 0${(mode & 0o777).toString(8)})` : undefined;
}
