import { loadAgentConfig, rotateStoreKey } from '@evertoken/agent';
import { openStateFolder } from '@evertoken/service';
import { configFileOf } from '../config-file.ts';
import { exitCode } from '../exit-code.ts';
import { homeOf } from '../home.ts';
import { startUpError } from '../start-up-error.ts';
import type { Terminal } from '../terminal.ts';

/** Options of `evertoken store-key rotate`. */
export interface RotateOptions {
  home?: string;
  config?: string;
  json?: boolean;
}

/** Seals what was sealed with the second key of the config again, with the first. Answers exit code 1 where no key of the config opens some record. */
export async function rotateKey(options: RotateOptions, terminal: Terminal): Promise<number> {
  const file = configFileOf(options, terminal);
  const folder = await openStateFolder(homeOf(options, terminal)).catch((error: unknown) => {
    throw startUpError(error, {});
  });
  const config = await loadAgentConfig({ env: terminal.env, folder, ...(file !== undefined && { file }) });
  const { place, resealed, current, unreadable } = await rotateStoreKey(config);
  const text =
    options.json === true
      ? `${JSON.stringify({ place, resealed, current, unreadable }, undefined, 2)}\n`
      : `${place}: ${resealed} sealed anew, ${current} were sealed with the first key already, ${unreadable} opened by no key\n`;
  terminal.stdout.write(text);
  return unreadable === 0 ? exitCode.ok : exitCode.failure;
}
