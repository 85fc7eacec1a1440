/** An answer that is kept as it goes out, but for the mark of the page after it. */
export interface KeptPage {
  /** JSON. */
  readonly bytes: Buffer;
  /** Place of the next page, where it was asked for by checkpoint and there is one. */
  readonly next: string | undefined;
  /** As it went out last, with the mark of the next page that was made in that second. */
  marked?: { readonly second: number; readonly bytes: Buffer };
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
    if (generation !== this.#generation || sizeOf(page) > mostBytes / 4) return;
    this.#forget(key);
    this.#pages.set(key, page);
    this.#bytes += sizeOf(page);
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= mostPages && this.#bytes <= mostBytes) break;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    const page = this.#pages.get(key);
    if (page !== undefined) this.#bytes -= sizeOf(page);
    this.#pages.delete(key);
  }

  clear(): void {
    this.#pages.clear();
    this.#bytes = 0;
    this.#generation += 1;
  }
}

/** Bytes: one that is followed by another is there twice, with its mark and without. */
function sizeOf({ bytes, next }: KeptPage): number {
  return bytes.length * (next === undefined ? 1 : 2);
}
