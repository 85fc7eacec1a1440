import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type ConfigDocument, parseConfigDocument } from './config-document.ts';
import type { ConfigProblem } from './config-problem.ts';

/** A config file that was read; `note` is a warning about the file itself, such as its mode. */
export interface ReadConfigFile {
  readonly document: ConfigDocument;
  /** {@link digestOf} the bytes that were read. */
  readonly digest: string;
  readonly note: string | undefined;
}

/** What is wrong with a config file; `step` mends it where that is no line of the file. */
export interface UnreadConfigFile {
  readonly problems: readonly ConfigProblem[];
  readonly step?: string;
}

/** Reads a config file; answers what it says, or why it cannot be read. */
export async function readConfigFile(path: string): Promise<ReadConfigFile | UnreadConfigFile> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const note = noteOn(path, await file.stat());
    const content = await file.readFile();
    const parsed = parseConfigDocument(new TextDecoder('utf-8', { fatal: true }).decode(content));
    return 'problems' in parsed ? parsed : { ...parsed, digest: digestOf(content), note };
  } catch (error) {
    const { message, step } = whyUnread((error as NodeJS.ErrnoException).code);
    return { problems: [{ path: '', line: undefined, message }], step };
  } finally {
    await file?.close();
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

function whyUnread(code: string | undefined): { message: string; step: string } {
  if (code === 'ENOENT')
    return {
      message: 'the file does not exist',
      step: 'Put it there (`evertoken init` writes one), or name one that exists with --config.',
    };
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return { message: 'the file is no UTF-8 text', step: 'Save it as UTF-8.' };
  return { message: `the file cannot be read (${code})`, step: 'Let this user read it, or name another one with --config.' };
}
