import { open } from 'node:fs/promises';
import { CliError } from './cli-error.ts';

/**
 * UTF-8 content of a file that an agent of this user left; undefined where there is none. Throws a CliError for a file that somebody else wrote or could have
 * written: the current folder may be anybody's, and such a file could send keys to a stranger.
 */
export async function readOwnFile(path: string): Promise<string | undefined> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw refusal(`The file cannot be read (${code})`, path, error);
  }
  try {
    const { uid, mode } = await file.stat();
    if (uid !== process.getuid?.()) throw refusal(`The file belongs to another user (uid ${uid})`, path);
    if ((mode & 0o077) !== 0) throw refusal(`The file is open to others (mode 0${(mode & 0o777).toString(8)})`, path);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function refusal(problem: string, place: string, cause?: unknown): CliError {
  const step = 'Run this as the user whose agent it is and start that again, or name the agent with --url and --app-key-file.';
  return new CliError({ problem, place, step, cause });
}
