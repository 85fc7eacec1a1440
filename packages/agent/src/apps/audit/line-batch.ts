import type { Clock, Timer } from '@evertoken/client';

/** Longest that a line waits, ms. */
const flushEveryMs = 250;
/** So much is written without waiting, characters. */
const flushAt = 65_536;
/** So much is held while it cannot be written, with the batch that is being written, characters. */
const mostHeld = 4_194_304;

/** What became of lines since the start. */
export interface LineCounts {
  /** Lines that are not written yet. */
  readonly held: number;
  /** Lines that were dropped because no more could be held. */
  readonly lost: number;
  /** Attempts to write that failed. */
  readonly failures: number;
}

/** Writes whole lines. Either keeps all of the text, or rejects and keeps none of it. */
export type LineSink = (text: string) => Promise<void>;

/**
 * Gathers lines and writes them a batch at a time, each batch whole, so that a line costs no system call. Lines that cannot be written are held, at most 4 Mi
 * characters together with the batch that is being written; lines beyond that are dropped and counted, and one line tells how many were lost.
 */
export class LineBatch {
  readonly #sink: LineSink;
  readonly #clock: Pick<Clock, 'setTimer'>;
  readonly #onError: (error: unknown) => void;
  /** The line that tells how many were lost. */
  readonly #formatLoss: (lines: number) => string;
  #held = '';
  /** Characters of the batch that is being written: if that fails, they are held again. */
  #underWay = 0;
  #lost = 0;
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  #isFailing = false;
  /** Of {@link counts}; what was lost is counted here for good, also where a line has told it. */
  #heldLines = 0;
  #lostLines = 0;
  #failures = 0;

  constructor(
    sink: LineSink,
    options: { clock: Pick<Clock, 'setTimer'>; onError: (error: unknown) => void; formatLoss: (lines: number) => string },
  ) {
    this.#sink = sink;
    this.#clock = options.clock;
    this.#onError = options.onError;
    this.#formatLoss = options.formatLoss;
  }

  get counts(): LineCounts {
    return { held: this.#heldLines, lost: this.#lostLines, failures: this.#failures };
  }

  /** Takes a line without its end. Never waits and never fails. */
  add(line: string): void {
    if (this.#held.length + this.#underWay + line.length >= mostHeld) {
      this.#lost += 1;
      this.#lostLines += 1;
    } else {
      this.#held += `${line}\n`;
      this.#heldLines += 1;
    }
    // The write that is under way looks for new lines when it ends.
    if (this.#writing !== undefined) return;
    if (this.#held.length >= flushAt && !this.#isFailing) void this.flush();
    else this.#timer ??= this.#clock.setTimer(() => void this.flush(), flushEveryMs);
  }

  /** Writes what is held. Resolves when that is written or has failed; what failed stays held for the next time. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#writing !== undefined) return this.#writing;
    if (this.#held === '' && this.#lost === 0) return;
    this.#writing = this.#writeAll();
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    try {
      do {
        const [held, lost, lines] = [this.#held, this.#lost, this.#heldLines];
        this.#held = '';
        this.#underWay = held.length;
        this.#lost = 0;
        try {
          await this.#sink(lost === 0 ? held : `${held}${this.#formatLoss(lost)}\n`);
          this.#isFailing = false;
          this.#heldLines -= lines;
        } catch (error) {
          this.#held = `${held}${this.#held}`;
          this.#lost += lost;
          this.#failures += 1;
          if (!this.#isFailing) this.#onError(error);
          this.#isFailing = true;
          break;
        } finally {
          this.#underWay = 0;
        }
      } while (this.#held.length >= flushAt);
    } finally {
      this.#writing = undefined;
      if (this.#held !== '') this.#timer ??= this.#clock.setTimer(() => void this.flush(), flushEveryMs);
    }
  }

  /** Writes what is held, if that is possible, and sets no more timers. */
  async close(): Promise<void> {
    // The first flush may only wait for a batch that is already being written; the second one writes the lines that came after it.
    await this.flush();
    await this.flush();
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
