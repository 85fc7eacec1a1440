import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { SecretSourceError } from './secret-source-error.ts';

/**
 * The UTF-8 text of a file of at most `longest` bytes.
 * @throws {SecretSourceError} it cannot be read, is longer, or is no plain file.
 */
export async function readPlainFile(path: string, longest: number): Promise<string> {
  let file: FileHandle | undefined;
  try {
    // A pipe that nobody writes to would hold up the open, and with it a thread that other files wait for.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await file.stat()).isFile()) throw new SecretSourceError({ file: path }, 'not_plain');
    const buffer = Buffer.alloc(longest + 1);
    const length = await fill(buffer, file);
    if (length > longest) throw new SecretSourceError({ file: path }, { longerThan: longest });
    return buffer.toString('utf8', 0, length);
  } catch (error) {
    if (error instanceof SecretSourceError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    // What a unix socket answers to an open.
    throw new SecretSourceError({ file: path }, code === 'ENXIO' ? 'not_plain' : { systemCode: code });
  } finally {
    await file?.close();
  }
}

async function fill(buffer: Buffer, file: FileHandle): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}
