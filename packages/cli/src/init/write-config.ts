import { createHash, randomBytes } from 'node:crypto';
import { readFile, unlink } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import { isWellFormedAppKey, newAppKey } from '@evertoken/agent';
import { linkFile, type StateFolder, systemCodeOf, writeBeside } from '@evertoken/service';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-code.ts';
import { configText } from './config-text.ts';
import type { InitAnswers, SecretPlace } from './init-answers.ts';
import { OwnFiles } from './own-files.ts';

/** A config file beside its final place, to be tested before it is moved there. */
export interface PreparedConfig {
  /** Where it is now. */
  readonly path: string;
  /** Path of the file with the key of the app. */
  readonly keyPath: string;
  /** Puts it in its place. Throws a CliError where another file is there by now. */
  place(): Promise<void>;
  /** Removes it. Where it was not put in its place, also removes the key and the secret, unless they were there before. */
  discard(): Promise<void>;
}

/** Writes the secret and the key into private files of the state folder, and the config, which holds neither of them, beside `target`. */
export async function prepareConfig(answers: InitAnswers, target: string, cwd: string, folder: StateFolder): Promise<PreparedConfig> {
  let path: string | undefined;
  const own = new OwnFiles(folder);
  let isPlaced = false;
  const discard = async (): Promise<void> => {
    if (path !== undefined) await unlink(path).catch(() => undefined);
    if (!isPlaced) await own.remove();
  };
  try {
    const key = await keyOf(answers.app, own);
    const secret = await keepSecret(answers, { target, cwd, own });
    const beside = await writeConfig(target, configText({ ...answers, secret }, createHash('sha256').update(key.value).digest('hex')));
    path = beside;
    return {
      path: beside,
      keyPath: key.path,
      async place() {
        isPlaced = await linkFile(beside, target).catch((error: unknown) => {
          throw unwritable(target, error);
        });
        if (!isPlaced) throw alreadyThere(target);
      },
      discard,
    };
  } catch (error) {
    await discard();
    throw error;
  }
}

/** The refusal to write over a config file. */
export function alreadyThere(target: string): CliError {
  const step = 'Change that file, name another one with --config, or move it away first.';
  return new CliError({
    problem: 'There is a config file already, and it is never overwritten',
    place: target,
    step,
    exitCode: exitCode.usage,
  });
}

async function keyOf(app: string, own: OwnFiles): Promise<{ value: string; path: string }> {
  const { path } = await own.place('keys', `${app}.key`, newAppKey().key);
  const value = await readFile(path, 'utf8');
  if (isWellFormedAppKey(value)) return { value, path };
  throw new CliError({
    problem: 'The file for the app key holds something else',
    place: path,
    step: 'Move it away, or choose another name with --app.',
  });
}

type Reference = Exclude<SecretPlace, { kind: 'typed' }>;

async function keepSecret(answers: InitAnswers, { target, cwd, own }: { target: string; cwd: string; own: OwnFiles }): Promise<Reference> {
  const { secret, token } = answers;
  if (secret.kind === 'env') return secret;
  if (secret.kind === 'file') return { kind: 'file', path: pathIn(target, resolve(cwd, secret.path)) };
  let name = token;
  for (;;) {
    const { path, isNew } = await own.place('secrets', name, secret.secret);
    if (isNew || (await readFile(path, 'utf8')) === secret.secret) return { kind: 'file', path: pathIn(target, path) };
    name = `${token}-${randomBytes(3).toString('hex')}`;
  }
}

/** `path` as the config names it: relative where it is below the config's folder, so that the folder can be moved as a whole. */
function pathIn(target: string, path: string): string {
  const near = relative(dirname(target), path);
  return near.startsWith(`..${sep}`) ? path : near;
}

/** Writes it beside `target` and answers its path. It holds no secret, so it may be read by whom the user lets read. */
async function writeConfig(target: string, text: string): Promise<string> {
  return await writeBeside(target, text, { mode: 0o644 & ~process.umask() }).catch((error: unknown) => {
    throw unwritable(target, error);
  });
}

function unwritable(path: string, error: unknown): CliError {
  const step = 'Make the folder writable for this user, or name a file elsewhere with --config.';
  return new CliError({
    problem: `The config file cannot be written (${systemCodeOf(error) ?? 'unknown cause'})`,
    place: dirname(path),
    step,
    cause: error,
  });
}
