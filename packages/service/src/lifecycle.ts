/** The parts of a process that have been started. They are stopped in reverse order. */
export class Lifecycle {
  readonly #closers: { name: string; close: () => Promise<void> | void }[] = [];
  readonly #errors: Error[] = [];
  readonly #aborter = new AbortController();
  #stopping: Promise<void> | undefined;

  /** Aborted when stopping begins. Whatever waits while the process starts takes it, so that a stop ends the wait. */
  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  /** Adds a part that {@link stop} closes. Added after the stop, it is closed at once; where that fails, the calls of {@link stop} after it throw. */
  onStop(name: string, close: () => Promise<void> | void): void {
    this.#closers.push({ name, close });
    if (this.#stopping === undefined) return;
    this.#stopping = this.#closeAfter(this.#stopping);
    // Nobody may be there any more who waits for it.
    this.#stopping.catch(() => undefined);
  }

  /**
   * Closes every part once, the youngest first, each after the one before; all of them, even if one fails. Further calls share the first one's end.
   * @throws {AggregateError} after the last part, with one error for each part that failed, which names the part.
   */
  stop(): Promise<void> {
    if (this.#stopping === undefined) {
      this.#aborter.abort(new Error('The process is stopping.'));
      this.#stopping = this.#closeAll();
    }
    return this.#stopping;
  }

  async #closeAfter(stopping: Promise<void>): Promise<void> {
    await stopping.catch(() => undefined);
    await this.#closeAll();
  }

  async #closeAll(): Promise<void> {
    for (let closer = this.#closers.pop(); closer !== undefined; closer = this.#closers.pop()) {
      try {
        await closer.close();
      } catch (error) {
        this.#errors.push(
          new Error(`Closing ${closer.name} failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error }),
        );
      }
    }
    const errors = [...this.#errors];
    if (errors.length > 0) throw new AggregateError(errors, errors.map((error) => error.message).join('; '));
  }
}
