/** Who waits for what other processes save, by the token's key. */
export class SaveWatchers {
  readonly #byKey = new Map<string, Set<() => void>>();

  /** Calls `onSaved` whenever {@link tell} is called for `key`; the answer ends that. */
  add(key: string, onSaved: () => void): () => void {
    const watchers = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, watchers.add(onSaved));
    return () => {
      watchers.delete(onSaved);
      if (watchers.size === 0 && this.#byKey.get(key) === watchers) this.#byKey.delete(key);
    };
  }

  /** Another process has saved under `key`. */
  tell(key: string): void {
    for (const onSaved of [...(this.#byKey.get(key) ?? [])]) onSaved();
  }

  /** Nothing was heard for some time: another process may have saved under any key. */
  tellAll(): void {
    for (const key of [...this.#byKey.keys()]) this.tell(key);
  }

  clear(): void {
    this.#byKey.clear();
  }
}
