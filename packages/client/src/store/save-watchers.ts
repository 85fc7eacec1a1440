import { randomUUID } from 'node:crypto';

/** Who waits for what other processes save, by the token's key; and what processes tell each other of it. */
export class SaveWatchers {
  readonly #byKey = new Map<string, Set<() => void>>();
  /** Names this store among those that hear what it saves. */
  readonly #self: string = randomUUID();

  /** Calls `onSaved` whenever {@link tell} is called for `key`; the answer ends that. */
  add(key: string, onSaved: () => void): () => void {
    const watchers = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, watchers.add(onSaved));
    return () => {
      watchers.delete(onSaved);
      if (watchers.size === 0 && this.#byKey.get(key) === watchers) this.#byKey.delete(key);
    };
  }

  /** What is told to all processes when this one has saved under `key`, which has no space in it. */
  messageOf(key: string): string {
    return `${key} ${this.#self}`;
  }

  /** Takes a message of any process, this one too. */
  hear(message: string): void {
    const [key = '', who] = message.split(' ');
    if (who !== this.#self) this.tell(key);
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
