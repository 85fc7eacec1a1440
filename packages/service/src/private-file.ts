import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { ServiceError, systemCodeOf } from './service-error.ts';

/**
 * Content of a file that nobody else may read; undefined where there is none.
 * @throws {ServiceError} `state_folder_unsafe` for a link, a pipe or whatever else is no file, a foreign owner, or a file that others may read or write.
 */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    // Not waiting for a pipe that nobody writes to: `openRegularFile` tells why.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    const isLink = systemCodeOf(error) === 'ELOOP';
    throw new ServiceError('state_folder_unsafe', {
      problem: isLink ? 'A private file must not be a symbolic link' : 'A private file cannot be read',
      place: path,
      step: isLink ? 'Remove the link, or put the file itself there.' : 'Give the file to the user who runs this program.',
      cause: error,
    });
  }
  try {
    const problem = whyNotPrivate(await file.stat());
    if (problem !== undefined) {
      const step = 'See who wrote it; then remove it, or run `chmod 600` and `chown` on it.';
      throw new ServiceError('state_folder_unsafe', { problem, place: path, step });
    }
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function whyNotPrivate(stats: Stats): string | undefined {
  if (!stats.isFile()) return 'A private file is expected and something else stands there';
  if (stats.uid !== process.getuid?.()) return `A private file belongs to another user (uid ${stats.uid})`;
  if ((stats.mode & 0o077) !== 0) return `A private file is open to others (mode 0${(stats.mode & 0o777).toString(8)})`;
  return undefined;
}
