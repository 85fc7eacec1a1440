import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { openStateFolder, readRegularFile, type StateFolder } from '@evertoken/service';
import type { TenantPlace } from '@evertoken/tenant';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-code.ts';
import { homeOf } from '../home.ts';
import { startUpError } from '../start-up-error.ts';
import type { Terminal } from '../terminal.ts';

const masterKeyVariable = 'EVERTOKEN_MASTER_KEY';
const masterKeyBytes = 32;

/** Options that say which tenant is meant. */
export interface TenantPlaceOptions {
  home?: string;
  databaseUrlFile?: string;
  masterKeyFile?: string;
}

/**
 * Which tenant is meant: the folder of its state, which is made where it is not there, and its database. `mustExist`: for a command that makes no tenant; it
 * makes no folder for one on SQLite either, and a CliError is thrown.
 */
export async function tenantPlaceOf(
  options: TenantPlaceOptions,
  terminal: Terminal,
  { mustExist = false }: { mustExist?: boolean } = {},
): Promise<{ folder: StateFolder; store: TenantPlace }> {
  const masterKey = masterKeyOf(options, terminal);
  const url = await databaseUrlOf(options, terminal);
  const home = homeOf(options, terminal);
  if (mustExist && url === undefined && !existsSync(home)) {
    const step = 'Start one with `evertoken tenant start` or `evertoken tenant seed FILE`, or name another folder with --home.';
    throw new CliError({ problem: 'There is no tenant in this state folder', place: home, step });
  }
  const folder = await openStateFolder(home).catch((error: unknown) => {
    throw startUpError(error, {});
  });
  const store: TenantPlace = url === undefined ? { kind: 'sqlite' } : { kind: 'postgres', url };
  return { folder, store: masterKey === undefined ? store : { ...store, masterKey } };
}

// Never an argument: those of a process are there for everyone on the machine to see, and the URL has a password in it.
async function databaseUrlOf({ databaseUrlFile }: TenantPlaceOptions, terminal: Terminal): Promise<string | undefined> {
  const place = databaseUrlFile === undefined ? 'EVERTOKEN_DATABASE_URL' : resolve(terminal.cwd, databaseUrlFile);
  const url = databaseUrlFile === undefined ? terminal.env['EVERTOKEN_DATABASE_URL'] : await textOf(place);
  if (url === undefined || url === '') return undefined;
  if (/^postgres(?:ql)?:\/\/[^\s]+$/.test(url)) return url;
  throw new CliError({
    problem: 'This is no URL of a PostgreSQL database',
    place,
    step: 'Write it like postgresql://user:password@host:5432/database.',
    exitCode: exitCode.usage,
  });
}

function masterKeyOf({ masterKeyFile }: TenantPlaceOptions, terminal: Terminal): TenantPlace['masterKey'] {
  if (masterKeyFile !== undefined) return { kind: 'file', path: resolve(terminal.cwd, masterKeyFile) };
  const base64url = terminal.env[masterKeyVariable]?.trim();
  if (base64url === undefined || base64url === '') return undefined;
  const key = Buffer.from(base64url, 'base64url');
  // Here, as further in nobody knows where it came from.
  if (key.length === masterKeyBytes && key.toString('base64url') === base64url) return { kind: 'value', base64url };
  throw new CliError({
    problem: `The master key is not ${masterKeyBytes} bytes as base64url`,
    place: masterKeyVariable,
    step: 'Give the key that the store was made with: the content of its master.key. Unset it to mean the one in the state folder.',
    exitCode: exitCode.usage,
  });
}

async function textOf(path: string): Promise<string> {
  try {
    return (await readRegularFile(path)).trim();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new CliError({
      problem: `The file cannot be read (${code ?? message})`,
      place: path,
      step: 'Name one that this user can read.',
      cause,
    });
  }
}
