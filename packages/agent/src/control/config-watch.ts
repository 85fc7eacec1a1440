import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock, Timer } from '@evertoken/client';
import { digestOf } from '../config/config-file.ts';

/** An editor may empty a file before it writes it; what is whole again this much later was never meant. */
const settleMs = 100;
/** For changes that no event tells of: on network file systems, or behind a link into another folder. */
const lookEveryMs = 10_000;

/**
 * Calls `onChange` when the content of the file at `path` has become another one than that of the digest `from`, and whenever it changes after that, in
 * whatever way: written in place, renamed over, or behind a link that was switched, as Kubernetes does with config maps. While there is no file nothing is
 * called. Keeps no process alive.
 */
export async function watchConfigFile(
  path: string,
  { clock, from, onChange }: { clock: Clock; from: string | undefined; onChange: () => void },
): Promise<{ close(): void }> {
  let known = from;
  let isClosed = false;
  let settling: Timer | undefined;
  let watcher: FSWatcher | undefined;
  let poll = clock.setTimer(look, lookEveryMs);

  const compare = async (): Promise<void> => {
    const digest = await readDigest(path);
    if (isClosed || digest === undefined || digest === known) return;
    known = digest;
    onChange();
  };
  const listen = (): void => {
    try {
      // The folder, not the file: what is renamed over a file is another one.
      watcher = watch(dirname(path), { persistent: false }, () => {
        settling ??= clock.setTimer(() => {
          settling = undefined;
          void compare();
        }, settleMs);
      });
      watcher.on('error', () => {
        watcher?.close();
        watcher = undefined;
      });
    } catch {
      // No such folder, or no more watches to be had: looking now and then has to do.
      watcher = undefined;
    }
  };
  function look(): void {
    if (watcher === undefined) listen();
    void compare().finally(() => {
      if (!isClosed) poll = clock.setTimer(look, lookEveryMs);
    });
  }

  listen();
  // What changed since it was read for `from` comes by no event.
  await compare();
  return {
    close() {
      isClosed = true;
      poll.cancel();
      settling?.cancel();
      watcher?.close();
    },
  };
}

async function readDigest(path: string): Promise<string | undefined> {
  try {
    return digestOf(await readFile(path));
  } catch {
    return undefined;
  }
}
