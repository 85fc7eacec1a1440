import type { Clock, Timer } from '@evertoken/client';

/** Longest that a line waits, ms. */
const flushEveryMs = 250;
/** So much is written without waiting, and about so much at once, characters. */
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
 * Gathers lines and writes them a batch at a time, each batch whole, so that a line costs no system call. A backlog is written in several batches, or it would
 * need room for all of it at once. Lines that cannot be written are held, at most 4 Mi characters together with the batch that is being written; lines beyond that
 * are dropped and counted, and where the first of them would stand, one line tells how many were lost.
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
  /** Lines that were dropped and that no line has told yet, and how many characters of `#held` stand before the first of them. */
  #lost = 0;
  #lostAt = 0;
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
      if (this.#lost === 0) this.#lostAt = this.#held.length;
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
      let due = this.#held.length;
      do {
        const first = firstLines(this.#held);
        // The line that tells of a loss stands where the lost lines would.
        const lost = this.#lostAt <= first.length ? this.#lost : 0;
        const batch = lost === 0 ? first : first.slice(0, this.#lostAt);
        this.#held = this.#held.slice(batch.length);
        this.#underWay = batch.length;
        this.#lost -= lost;
        this.#lostAt -= batch.length;
        try {
          await this.#sink(lost === 0 ? batch : `${batch}${this.#formatLoss(lost)}\n`);
          this.#isFailing = false;
          this.#heldLines -= linesIn(batch);
          due -= batch.length;
        } catch (error) {
          this.#held = `${batch}${this.#held}`;
          this.#lost += lost;
          this.#lostAt = lost === 0 ? this.#lostAt + batch.length : batch.length;
          this.#failures += 1;
          if (!this.#isFailing) this.#onError(error);
          this.#isFailing = true;
          break;
        } finally {
          this.#underWay = 0;
        }
      } while (due > 0 || this.#held.length >= flushAt);
    } finally {
      this.#writing = undefined;
      if (this.#held !== '' || this.#lost > 0) this.#timer ??= this.#clock.setTimer(() => void this.flush(), flushEveryMs);
    }
  }

  /** Writes what is held, if that is possible, and sets no more timers. Answers how many lines are written nowhere and told by no line. */
  async close(): Promise<number> {
    // The first flush may only wait for a batch that is already being written; the second one writes the lines that came after it.
    await this.flush();
    await this.flush();
    this.#timer?.cancel();
    this.#timer = undefined;
    return this.#heldLines + this.#lost;
  }
}

/** The first lines of `text` with which a batch is long enough; all where they are less. */
function firstLines(text: string): string {
  const end = text.indexOf('\n', flushAt - 1);
  return end === -1 ? text : text.slice(0, end + 1);
}

function linesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
