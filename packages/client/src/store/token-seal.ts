import { openToken, sealToken } from './sealed-record.ts';
import type { StoredToken } from './token-store.ts';

/** The keys that seal what a shared store holds. */
export class TokenSeal {
  readonly #keys: readonly Uint8Array[];

  /**
   * One key, or two while the key is being changed: the first seals, both open. 32 bytes each (AES-256-GCM).
   * @throws {TypeError} that names the option `keys`.
   */
  constructor(keys: readonly Uint8Array[]) {
    const isKey = (key: unknown): boolean => key instanceof Uint8Array && key.byteLength === 32;
    if (!Array.isArray(keys) || keys.length < 1 || keys.length > 2 || !keys.every(isKey)) {
      throw new TypeError(
        '`keys` must be one key of 32 bytes, or two while it is being changed: [new, old]. Make one with randomBytes(32).',
      );
    }
    this.#keys = keys;
  }

  /** Seals a token, bound to `name`. */
  seal(token: StoredToken, name: string): Uint8Array {
    return sealToken(token, name, this.#keys[0] as Uint8Array);
  }

  /** The token in a record, and whether the first key opened it; undefined where the record is of another name, key or version, cut or changed. */
  open(record: Uint8Array, name: string): { readonly token: StoredToken; readonly isOfFirstKey: boolean } | undefined {
    for (const [place, key] of this.#keys.entries()) {
      const token = openToken(record, name, key);
      if (token !== undefined) return { token, isOfFirstKey: place === 0 };
    }
    return undefined;
  }
}
