import { rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { StateFolder } from '@evertoken/service';

/**
 * The files that one run puts into the state folder, so that they can be removed again. Keys and secrets have folders of their own, because people choose their
 * names, which could be those of the agent's own files.
 */
export class OwnFiles {
  readonly #folder: StateFolder;
  readonly #placed: string[] = [];
  readonly #folders = new Set<string>();

  constructor(folder: StateFolder) {
    this.#folder = folder;
  }

  /** Puts the file there unless one is there already, and answers its absolute path. */
  async place(below: 'keys' | 'secrets', name: string, content: string): Promise<{ path: string; isNew: boolean }> {
    this.#folders.add(await this.#folder.folder(below));
    const path = this.#folder.file(below, name);
    const isNew = await this.#folder.placePrivate(join(below, name), content);
    if (isNew) this.#placed.push(path);
    return { path, isNew };
  }

  /** Removes the files that this run made, and folders that are empty after that. */
  async remove(): Promise<void> {
    for (const path of this.#placed.splice(0)) await unlink(path).catch(() => undefined);
    for (const folder of this.#folders) await rmdir(folder).catch(() => undefined);
  }
}
