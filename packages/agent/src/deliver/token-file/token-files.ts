import type { Clock, Timer } from '@evertoken/client';
import type { Log } from '@evertoken/service';
import type { AgentError } from '../../agent-error.ts';
import type { TokenFileConfig } from '../../config/agent-config.ts';
import type { TokenBook } from '../../tokens/token-book.ts';
import { TokenFile } from './token-file.ts';

const lookEveryMs = 30_000;

interface Entry {
  readonly file: TokenFile;
  /** Fingerprint of the token that was written last; undefined until one was. */
  fingerprint: string | undefined;
}

/**
 * Keeps the live token of each entry of `files` in its file: written when it is minted or adopted, and again within 30 s where somebody removed or changed
 * the file. A token that ended stays where it is until there is another one.
 */
export class TokenFiles {
  readonly #book: TokenBook;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #stopListening: readonly (() => void)[];
  /** Why the file at a path could not be written the last time, by path. */
  readonly #troubled = new Map<string, string>();
  #files: readonly Entry[] = [];
  #working: Promise<unknown> = Promise.resolve();
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(book: TokenBook, { log, clock }: { log: Log; clock: Clock }) {
    this.#book = book;
    this.#log = log;
    this.#clock = clock;
    const write = (): void => void this.#inTurn(() => this.#writeAll(false));
    this.#stopListening = [book.keeper.on('minted', write), book.keeper.on('adopted', write)];
  }

  /** Finds out whether all of them could be written. @throws {AgentError} `token_file_unusable`, the first that cannot. */
  static async check(configs: readonly TokenFileConfig[]): Promise<void> {
    for (const config of configs) await new TokenFile(config).check();
  }

  /**
   * The same for those that are not kept already. One that is may fail now, and does not hold up a reload that takes something else away: it is told, and tried
   * again. @throws {AgentError} `token_file_unusable`, the first that cannot.
   */
  async checkNew(configs: readonly TokenFileConfig[]): Promise<void> {
    await TokenFiles.check(configs.filter((config) => this.#entryOf(config) === undefined));
  }

  /** Of each file that is kept: its token, and whether it holds the token that is live now. */
  get standings(): readonly { readonly token: string; readonly isCurrent: boolean }[] {
    return this.#files.map(({ file, fingerprint }) => {
      const { token } = file.config;
      return { token, isCurrent: fingerprint !== undefined && fingerprint === this.#book.find(token)?.peek()?.fingerprint };
    });
  }

  /**
   * Keeps these files from now on; they were checked before. Of the former files, those with `remove_on_stop` are removed. Removes what a killed agent left
   * beside the new ones, and writes the tokens that are held. Resolves with what is wrong with each file that could not be written; the
   * agent tries it again every 30 s.
   */
  replace(configs: readonly TokenFileConfig[]): Promise<readonly string[]> {
    return this.#inTurn(async () => {
      const before = this.#files;
      this.#files = configs.map((config) => this.#entryOf(config) ?? { file: new TokenFile(config), fingerprint: undefined });
      for (const { file } of before) {
        if (file.config.removeOnStop && !configs.some(({ path }) => path === file.config.path)) await this.#remove(file);
      }
      for (const { file } of this.#files) if (!before.some((known) => known.file === file)) await this.#tidy(file);
      for (const path of this.#troubled.keys()) if (!configs.some((config) => config.path === path)) this.#troubled.delete(path);
      await this.#writeAll(false);
      this.#arm();
      return [...this.#troubled.values()];
    });
  }

  /** Resolves when the tokens that are held now have been written. */
  settled(): Promise<void> {
    return this.#inTurn(() => Promise.resolve());
  }

  /** Writes no more, and removes the files with `remove_on_stop`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    for (const stop of this.#stopListening) stop();
    await this.#inTurn(async () => {
      for (const { file } of this.#files) if (file.config.removeOnStop) await this.#remove(file);
    });
  }

  #entryOf(config: TokenFileConfig): Entry | undefined {
    return this.#files.find(({ file }) => JSON.stringify(file.config) === JSON.stringify(config));
  }

  /** Sets the next look. A look and a reload may each come here while the other waits for its turn, so the former timer is cancelled first. */
  #arm(): void {
    this.#timer?.cancel();
    if (this.#isClosed || this.#files.length === 0) return;
    this.#timer = this.#clock.setTimer(() => {
      void this.#inTurn(() => this.#writeAll(true)).finally(() => this.#arm());
    }, lookEveryMs);
  }

  // One after the other: of two that write one file at once, each would take the other's file for one that somebody changed.
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#working.catch(() => undefined).then(work);
    this.#working = done;
    return done;
  }

  async #writeAll(isLooking: boolean): Promise<void> {
    for (const entry of this.#files) {
      const { token: name, path } = entry.file.config;
      const token = this.#book.find(name)?.peek();
      if (token === undefined) continue;
      const isSame = entry.fingerprint === token.fingerprint;
      if (isSame && (!isLooking || (await entry.file.isIntact()))) continue;
      try {
        await entry.file.write(token.accessToken);
        entry.fingerprint = token.fingerprint;
        this.#troubled.delete(path);
        const facts = { event: 'token_file.written', token: name, fingerprint: token.fingerprint, path };
        if (isSame) this.#log.warn(facts, `wrote ${name} into ${path} again, which somebody had changed`);
        else this.#log.info(facts, `wrote ${name} into ${path}`);
      } catch (error) {
        entry.fingerprint = undefined;
        this.#tellTrouble(name, path, error as AgentError);
      }
    }
  }

  /** Logs it once for each file until the file can be written again; the agent tries every 30 s. */
  #tellTrouble(token: string, path: string, error: AgentError): void {
    const isTold = this.#troubled.has(path);
    this.#troubled.set(path, error.message);
    if (isTold) return;
    this.#log.error({ event: 'token_file.failed', token, path, step: error.step }, `${error.message}; it keeps an older token or none`);
  }

  async #tidy(file: TokenFile): Promise<void> {
    const { path, token } = file.config;
    await file.removeLeftovers().catch((error: Error) => {
      this.#log.warn({ event: 'token_file.not_removed', token, path, err: error }, `could not look for what was left beside ${path}`);
    });
  }

  async #remove(file: TokenFile): Promise<void> {
    const { path, token } = file.config;
    await file.remove().catch((error: Error) => {
      this.#log.warn({ event: 'token_file.not_removed', token, path, err: error }, `could not remove ${path}`);
    });
  }
}
