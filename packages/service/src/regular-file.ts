import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/**
 * Opens a regular file for reading, or one that a link leads to. Whatever else stands there is refused at once: opening a pipe that nobody writes to
 * would never end, and would keep one of the few threads that do all file access of the process.
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new Error('it is no regular file');
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The UTF-8 text of a regular file; refuses what {@link openRegularFile} refuses. */
export async function readRegularFile(path: string): Promise<string> {
  const file = await openRegularFile(path);
  try {
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
