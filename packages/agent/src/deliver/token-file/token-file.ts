import type { BigIntStats } from 'node:fs';
import { lstat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { removeLeftovers, replaceFile, systemCodeOf, writeBeside } from '@evertoken/service';
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
    await this.#attempt(async (path) => unlink(await writeBeside(path, '', this.config)));
  }

  /**
   * Replaces the file with one that holds `token`, atomically.
   * @throws {AgentError} `token_file_unusable`; what stood there stays as it was.
   */
  async write(token: string): Promise<void> {
    this.#writtenAs = identityOf(await this.#attempt((path) => replaceFile(path, token, this.config)));
  }

  /** Whether it stands there as it was last written: not removed, replaced, changed, or given other rights. */
  async isIntact(): Promise<boolean> {
    if (this.#writtenAs === undefined) return false;
    const stats = await lstat(this.config.path, { bigint: true }).catch(() => undefined);
    return stats !== undefined && identityOf(stats) === this.#writtenAs;
  }

  /** Removes the file, if it is still as it was last written here. */
  async remove(): Promise<void> {
    if (await this.isIntact()) await unlink(this.config.path);
  }

  /** Removes temporary files that a process left beside it when it was killed while writing. Not to be called while another process writes the file. */
  async removeLeftovers(): Promise<void> {
    await removeLeftovers(this.config.path, this.config);
  }

  async #attempt<T>(write: (path: string) => Promise<T>): Promise<T> {
    const { path, owner } = this.config;
    await checkPlace(path);
    try {
      return await write(path);
    } catch (cause) {
      const code = codeOf(cause);
      const isOwner = owner !== undefined && (cause as NodeJS.ErrnoException).syscall === 'fchown';
      const problem = isOwner ? `cannot be given to user ${owner.uid} and group ${owner.gid} (${code})` : `cannot be written (${code})`;
      const step = isOwner
        ? 'Run the agent as a user who may do that, name a group that it is in, or leave `owner` and `group` out.'
        : code === 'ENOSPC'
          ? 'Make room on the disk.'
          : 'Let this user write in its folder, or name another path.';
      throw unusable(path, problem, step, cause);
    }
  }
}

/** Refuses a place where others could put something, or where something stands that is no plain file: a link would lead the token elsewhere. */
async function checkPlace(path: string): Promise<void> {
  const folder = dirname(path);
  const above = await lstat(folder).catch((cause: unknown) => {
    const code = codeOf(cause);
    const problem = code === 'ENOENT' ? 'has no folder' : `cannot be reached (${code})`;
    throw unusable(path, problem, `Make ${folder} a folder that this user may write in.`, cause);
  });
  const isOurs = above.uid === process.getuid?.() || above.uid === 0;
  if (!above.isDirectory()) throw unusable(path, 'is not in a folder', `Name the folder itself: ${folder} is a link or something else.`);
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

function identityOf(stats: BigIntStats): string {
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.mode, stats.uid, stats.gid].join(':');
}

function unusable(path: string, problem: string, step: string, cause?: unknown): AgentError {
  return new AgentError('token_file_unusable', { problem: `The token file ${problem}`, place: path, step, cause });
}

function codeOf(error: unknown): string {
  return systemCodeOf(error) ?? 'unknown cause';
}
