import { createHash, randomBytes } from 'node:crypto';
import { link, open, readFile, unlink } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import { isWellFormedAppKey, newAppKey } from '@evertoken/agent';
import type { StateFolder } from '@evertoken/service';
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
  const path = `${target}.${randomBytes(6).toString('hex')}`;
  const own = new OwnFiles(folder);
  let isPlaced = false;
  const discard = async (): Promise<void> => {
    await unlink(path).catch(() => undefined);
    if (!isPlaced) await own.remove();
  };
  try {
    const key = await keyOf(answers.app, own);
    const secret = await keepSecret(answers, { target, cwd, own });
    await writeWhole(path, configText({ ...answers, secret }, createHash('sha256').update(key.value).digest('hex')));
    return {
      path,
      keyPath: key.path,
      async place() {
        try {
          // Unlike a rename, a link never replaces what is there.
          await link(path, target);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw alreadyThere(target);
          throw unwritable(target, error);
        }
        isPlaced = true;
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

async function writeWhole(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unwritable(path, error);
  }
}

function unwritable(path: string, error: unknown): CliError {
  const { code } = error as NodeJS.ErrnoException;
  const step = 'Make the folder writable for this user, or name a file elsewhere with --config.';
  return new CliError({ problem: `The config file cannot be written (${code})`, place: dirname(path), step, cause: error });
}
