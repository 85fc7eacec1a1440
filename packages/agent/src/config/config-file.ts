import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { openRegularFile } from '@evertoken/service';
import { type ConfigDocument, parseConfigDocument } from './config-document.ts';
import type { ConfigProblem } from './config-problem.ts';
import { readPipe } from './read-pipe.ts';

/** A config file that was read; `note` is a warning about the file itself, such as its mode. */
export interface ReadConfigFile {
  readonly document: ConfigDocument;
  /** {@link digestOf} the bytes that were read; undefined where they came through a pipe, which cannot be read a second time. */
  readonly digest: string | undefined;
  readonly note: string | undefined;
}

/** What is wrong with a config file; `step` mends it where that is no line of the file. */
export interface UnreadConfigFile {
  readonly problems: readonly ConfigProblem[];
  readonly step?: string;
}

/**
 * Reads a config file; answers what it says, or why it cannot be read. A pipe gives what it holds only once, so it is refused where the config `isReload`.
 */
export async function readConfigFile(
  path: string,
  { isReload = false }: { isReload?: boolean } = {},
): Promise<ReadConfigFile | UnreadConfigFile> {
  try {
    const { content, stats, isPipe } = await readWhole(path, isReload);
    const parsed = parseConfigDocument(new TextDecoder('utf-8', { fatal: true }).decode(content));
    return 'problems' in parsed ? parsed : { ...parsed, digest: isPipe ? undefined : digestOf(content), note: noteOn(path, stats) };
  } catch (error) {
    const { message, step } = whyUnread(error as NodeJS.ErrnoException);
    return { problems: [{ path: '', line: undefined, message }], step };
  }
}

async function readWhole(path: string, isReload: boolean): Promise<{ content: Buffer; stats: Stats; isPipe: boolean }> {
  if (!isReload) {
    const stats = await stat(path);
    if (stats.isFIFO()) return { content: await readPipe(path), stats, isPipe: true };
  }
  const file = await openRegularFile(path);
  try {
    return { content: await file.readFile(), stats: await file.stat(), isPipe: false };
  } finally {
    await file.close();
  }
}

/** A digest by which one content of a config file is told from another. */
export function digestOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function noteOn(path: string, { uid, gid, mode }: Stats): string | undefined {
  const isForeign = uid !== 0 && uid !== process.getuid?.();
  // Most Linux systems give each user a group of the same number, and let it write what the user writes.
  const others = gid === uid ? 0o002 : 0o022;
  if (!isForeign && (mode & others) === 0) return undefined;
  const who = isForeign ? `belongs to another user (uid ${uid})` : `may be written by others (mode 0${(mode & 0o777).toString(8)})`;
  return `${path} ${who}: whoever writes it says which commands run as the agent's user`;
}

function whyUnread({ code, message }: NodeJS.ErrnoException): { message: string; step: string } {
  if (code === 'ENOENT')
    return {
      message: 'the file does not exist',
      step: 'Put it there (`evertoken init` writes one), or name one that exists with --config.',
    };
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return { message: 'the file is no UTF-8 text', step: 'Save it as UTF-8.' };
  if (code === undefined) return { message, step: 'Put a file there, or name another one with --config.' };
  return { message: `the file cannot be read (${code})`, step: 'Let this user read it, or name another one with --config.' };
}
