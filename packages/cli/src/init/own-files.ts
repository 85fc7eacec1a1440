import { rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { StateFolder } from '@evertoken/service';

/**
 * What one run puts into the state folder, so that it can be taken away again. Keys and secrets have folders of their own there: their names are chosen by
 * people, and must not be those of the agent's own files.
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

  /** Takes away the files that were not there before, and folders that are empty then. */
  async remove(): Promise<void> {
    for (const path of this.#placed.splice(0)) await unlink(path).catch(() => undefined);
    for (const folder of this.#folders) await rmdir(folder).catch(() => undefined);
  }
}
