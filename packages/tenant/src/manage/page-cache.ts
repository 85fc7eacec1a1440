/** An answer that is kept as it goes out, but for the mark of the page after it. */
export interface KeptPage {
  /** JSON. */
  readonly bytes: Buffer;
  /** Place of the next page, where it was asked for by checkpoint and there is one. */
  readonly next: string | undefined;
  readonly link: string | undefined;
  readonly secrets: readonly string[];
}

const mostPages = 200;
const mostBytes = 32 * 1024 * 1024;

/** Lists as they were answered last, until a write changes what they show. */
export class PageCache {
  readonly #pages = new Map<string, KeptPage>();
  #bytes = 0;
  #generation = 0;

  /** Grows with each {@link clear}: a page that was begun before one must not be kept after it. */
  get generation(): number {
    return this.#generation;
  }

  get(key: string): KeptPage | undefined {
    return this.#pages.get(key);
  }

  keep(key: string, page: KeptPage, generation: number): void {
    if (generation !== this.#generation || page.bytes.length > mostBytes / 4) return;
    this.#forget(key);
    this.#pages.set(key, page);
    this.#bytes += page.bytes.length;
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= mostPages && this.#bytes <= mostBytes) break;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#bytes -= this.#pages.get(key)?.bytes.length ?? 0;
    this.#pages.delete(key);
  }

  clear(): void {
    this.#pages.clear();
    this.#bytes = 0;
    this.#generation += 1;
  }
}
