import { randomBytes } from 'node:crypto';
import { type FileHandle, lstat, open, readdir, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AgentError } from '../../agent-error.ts';
import type { TokenFileConfig } from '../../config/agent-config.ts';

/** A file that holds a token and nothing else, not even a line end. */
export class TokenFile {
  readonly config: TokenFileConfig;
  #writtenAs: string | undefined;

  constructor(config: TokenFileConfig) {
    this.config = config;
  }

  /**
   * Finds out whether a token could be written there, by writing an empty file beside it and removing it again.
   * @throws {AgentError} `token_file_unusable`
   */
  async check(): Promise<void> {
    const temporary = await this.#writeBeside('');
    await unlink(temporary);
  }

  /**
   * Replaces the file with one that holds `token`, atomically.
   * @throws {AgentError} `token_file_unusable`; what stood there stays as it was.
   */
  async write(token: string): Promise<void> {
    const temporary = await this.#writeBeside(token);
    try {
      await rename(temporary, this.config.path);
    } catch (cause) {
      await unlink(temporary);
      throw unusable(
        this.config.path,
        `cannot be replaced (${codeOf(cause)})`,
        'Let this user write in its folder, or name another path.',
        cause,
      );
    }
    this.#writtenAs = await identityOf(this.config.path);
  }

  /** Whether it stands there as it was last written: not removed, replaced, changed, or given other rights. */
  async isIntact(): Promise<boolean> {
    return this.#writtenAs !== undefined && this.#writtenAs === (await identityOf(this.config.path));
  }

  /** Removes the file, if it is still as it was last written here. */
  async remove(): Promise<void> {
    if (await this.isIntact()) await unlink(this.config.path);
  }

  /** Removes temporary files that a process left beside it when it was killed while writing. Not to be called while another process writes the file. */
  async removeLeftovers(): Promise<void> {
    const { path, owner } = this.config;
    const folder = dirname(path);
    for (const name of await readdir(folder)) {
      if (!name.startsWith(`${basename(path)}.`) || !/^[0-9a-f]{16}$/.test(name.slice(basename(path).length + 1))) continue;
      const stats = await lstat(join(folder, name)).catch(() => undefined);
      const isOurs = stats?.isFile() === true && (stats.uid === process.getuid?.() || stats.uid === owner?.uid);
      if (isOurs) await unlink(join(folder, name));
    }
  }

  /** Writes a new file with the right mode and owner beside the place, and answers its path; leaves none where that fails. */
  async #writeBeside(content: string): Promise<string> {
    const { path, mode, owner } = this.config;
    await checkPlace(path);
    const temporary = `${path}.${randomBytes(8).toString('hex')}`;
    let file: FileHandle;
    try {
      file = await open(temporary, 'wx', 0o600);
    } catch (cause) {
      const code = codeOf(cause);
      throw unusable(
        path,
        `cannot be written (${code})`,
        code === 'ENOSPC' ? 'Make room on the disk.' : 'Let this user write in its folder, or name another path.',
        cause,
      );
    }
    try {
      await file.writeFile(content);
      // Owner first: giving a file away takes set-id bits, and never opens it to more than its owner.
      if (owner !== undefined) await file.chown(owner.uid, owner.gid);
      await file.chmod(mode);
      await file.sync();
      return temporary;
    } catch (cause) {
      await unlink(temporary);
      const code = codeOf(cause);
      const isOwner = code === 'EPERM' && owner !== undefined;
      const problem = isOwner ? `cannot be given to user ${owner.uid} and group ${owner.gid} (EPERM)` : `cannot be written (${code})`;
      const step = isOwner
        ? 'Run the agent as a user who may do that, name a group that it is in, or leave `owner` and `group` out.'
        : 'Make room on the disk, or name another path.';
      throw unusable(path, problem, step, cause);
    } finally {
      await file.close();
    }
  }
}

/** Refuses a place where others could put something, or where something stands that is no plain file: a link would lead the token elsewhere. */
async function checkPlace(path: string): Promise<void> {
  const folder = dirname(path);
  const above = await lstat(folder).catch((cause: unknown) => {
    const code = codeOf(cause);
    const problem = code === 'ENOENT' ? `has no folder: ${folder} does not exist` : `cannot be reached (${code})`;
    throw unusable(path, problem, `Make ${folder} a folder that this user may write in.`, cause);
  });
  const isOurs = above.uid === process.getuid?.() || above.uid === 0;
  if (!above.isDirectory())
    throw unusable(path, `is not in a folder: ${folder} is something else`, 'Name the folder itself, not a link to it.');
  if (!isOurs || (above.mode & 0o022) !== 0) {
    const problem = isOurs
      ? `is in a folder that others may write in (mode 0${(above.mode & 0o777).toString(8)})`
      : `is in a folder of another user (uid ${above.uid})`;
    throw unusable(path, problem, `Choose a folder that only this user may write in; \`chmod go-w ${folder}\` makes one of it.`);
  }
  const there = await lstat(path).catch(() => undefined);
  if (there !== undefined && !there.isFile()) {
    throw unusable(path, there.isSymbolicLink() ? 'is a symbolic link' : 'is no plain file', 'Remove it, or name another path.');
  }
}

async function identityOf(path: string): Promise<string | undefined> {
  const stats = await lstat(path, { bigint: true }).catch(() => undefined);
  return stats && [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.mode, stats.uid, stats.gid].join(':');
}

function unusable(path: string, problem: string, step: string, cause?: unknown): AgentError {
  return new AgentError('token_file_unusable', `The token file ${path} ${problem}`, { step, problem, cause });
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code);
}
