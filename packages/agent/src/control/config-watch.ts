import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock, Timer } from '@evertoken/client';
import { openRegularFile } from '@evertoken/service';
import { digestOf } from '../config/config-file.ts';

/** How long to wait after a change: an editor may empty a file before it writes it, and the empty file is not meant. */
const settleMs = 100;
/** How often to look for changes without an event: on network file systems, or behind a link into another folder. */
const lookEveryMs = 10_000;

/**
 * Calls `onChange` when the content of the file at `path` no longer has the digest `from`, and whenever it changes after that. It does not matter how the file
 * changes: written in place, replaced by a rename, or behind a link that was switched, as Kubernetes does with config maps. While there is no file, nothing is
 * called; and never where `from` is undefined, because what came through a pipe does not change. Keeps no process alive.
 */
export async function watchConfigFile(
  path: string,
  { clock, from, onChange }: { clock: Clock; from: string | undefined; onChange: () => void },
): Promise<{ close(): void }> {
  if (from === undefined) return { close: () => undefined };
  let known = from;
  let comparing: Promise<void> | undefined;
  let isToCompareAgain = false;
  let isClosed = false;
  let settling: Timer | undefined;
  let watcher: FSWatcher | undefined;
  let poll = clock.setTimer(look, lookEveryMs);

  // One at a time: a file system that hangs would take one thread after another of the few that do all file access of the process.
  const compare = (): Promise<void> => {
    isToCompareAgain = true;
    comparing ??= compareInTurn();
    return comparing;
  };
  const compareInTurn = async (): Promise<void> => {
    while (isToCompareAgain && !isClosed) {
      isToCompareAgain = false;
      const digest = await readDigest(path);
      if (isClosed || digest === undefined || digest === known) continue;
      known = digest;
      onChange();
    }
    comparing = undefined;
  };
  const listen = (): void => {
    try {
      // The folder and not the file: a watch on the file would end when another file is renamed over it.
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
      // The folder does not exist, or the system allows no more watches: then the timer alone finds changes.
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
  // There is no event for a change that came after `from` was read and before the watch began.
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
    const file = await openRegularFile(path);
    try {
      return digestOf(await file.readFile());
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
