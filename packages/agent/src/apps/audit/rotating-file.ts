import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, rename, stat, unlink } from 'node:fs/promises';
import { AgentError } from '../../agent-error.ts';

/** Where the lines go, and how many of them stay. */
export interface RotatingFileOptions {
  readonly path: string;
  /** Size beyond which a new file is begun. */
  readonly maxBytes: number;
  /** Full files that stay: `path.1` is the youngest. */
  readonly keep: number;
}

/** A file of lines, 0600, that is set aside when it is full. Whole texts are appended, or nothing of them. */
export class RotatingFile {
  readonly #options: RotatingFileOptions;
  #file: FileHandle | undefined;
  #inode = 0;
  #size = 0;

  private constructor(options: RotatingFileOptions) {
    this.#options = options;
  }

  /** @throws {AgentError} `audit_unusable` where it cannot be written, is a link, or belongs to another user. */
  static async open(options: RotatingFileOptions): Promise<RotatingFile> {
    const file = new RotatingFile(options);
    await orUnusable(options.path, () => file.#open());
    return file;
  }

  /** Finds out whether it could be opened, and leaves everything as it was. @throws {AgentError} `audit_unusable` */
  static async check(path: string): Promise<void> {
    await orUnusable(path, async () => {
      const isNew = (await lstat(path).catch(() => undefined)) === undefined;
      const { file } = await openJudged(path, isNew ? constants.O_EXCL : 0);
      await file.close();
      if (isNew) await unlink(path);
    });
  }

  /** Appends lines, each with its end. Not to be called again before it has ended. */
  async append(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    await this.#closeIfMoved();
    // Opened before it is judged by its size: what cannot be opened, or stands there anew, must not be set aside.
    let file = this.#file ?? (await this.#open());
    if (this.#size > 0 && this.#size + bytes.length > this.#options.maxBytes) {
      await this.#setAside();
      file = await this.#open();
    }
    try {
      for (let written = 0; written < bytes.length; ) written += (await file.write(bytes, written)).bytesWritten;
      this.#size += bytes.length;
    } catch (error) {
      // A full disk may have taken half of it: the file ends with a whole line again.
      await file.truncate(this.#size);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #open(): Promise<FileHandle> {
    const { file, stats } = await openJudged(this.#options.path);
    try {
      this.#inode = stats.ino;
      this.#size = stats.size;
      // Whoever was killed while writing may have left half a line.
      if (stats.size > 0 && (await lastByteOf(file, stats.size)) !== 0x0a) {
        await file.write('\n');
        this.#size += 1;
      }
    } catch (error) {
      await file.close();
      throw error;
    }
    this.#file = file;
    return file;
  }

  /** Another program may have set the file aside (logrotate) or removed it. */
  async #closeIfMoved(): Promise<void> {
    const inode = await stat(this.#options.path).then(
      (stats) => stats.ino,
      () => undefined,
    );
    if (this.#file === undefined || inode === this.#inode) return;
    await this.close();
  }

  async #setAside(): Promise<void> {
    const { path, keep } = this.#options;
    await this.close();
    if (keep === 0) await unlink(path).catch(unlessGone);
    for (let number = keep; number > 0; number -= 1) {
      const from = number === 1 ? path : `${path}.${number - 1}`;
      await rename(from, `${path}.${number}`).catch(unlessGone);
    }
  }
}

/** Opens the file, or makes it, if it is a plain one of this user's; never waits for what is none. */
async function openJudged(path: string, more = 0): Promise<{ file: FileHandle; stats: Stats }> {
  const { O_APPEND, O_CREAT, O_RDWR, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_APPEND | O_CREAT | O_RDWR | O_NOFOLLOW | O_NONBLOCK | more, 0o600);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error('it is no plain file');
    if (stats.uid !== process.getuid?.()) throw new Error('it belongs to another user');
    return { file, stats };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function orUnusable(path: string, action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (cause) {
    const why =
      (cause as NodeJS.ErrnoException).code === 'ELOOP' ? 'it is a symbolic link' : cause instanceof Error ? cause.message : String(cause);
    const problem = `The audit file cannot be used: ${why}`;
    const step = 'Let the user who runs the agent write there, or name another file as `audit.file`.';
    throw new AgentError('audit_unusable', { problem, place: path, step, cause });
  }
}

function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

async function lastByteOf(file: FileHandle, size: number): Promise<number | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return bytesRead === 1 ? buffer[0] : undefined;
}
