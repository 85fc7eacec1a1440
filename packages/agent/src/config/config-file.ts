import { readFile } from 'node:fs/promises';
import { type ConfigDocument, parseConfigDocument } from './config-document.ts';
import type { ConfigProblem } from './config-problem.ts';

/** Reads a config file; answers what it says, or why it cannot be read. */
export async function readConfigFile(path: string): Promise<{ document: ConfigDocument } | { problems: readonly ConfigProblem[] }> {
  try {
    return parseConfigDocument(new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path)));
  } catch (error) {
    return { problems: [{ path: '', line: undefined, message: whyUnread((error as NodeJS.ErrnoException).code) }] };
  }
}

function whyUnread(code: string | undefined): string {
  if (code === 'ENOENT') return 'the file does not exist; create it or name another one';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'the file is no UTF-8 text; save it as UTF-8';
  return `the file cannot be read (${code}); let this user read it, or name another one`;
}
