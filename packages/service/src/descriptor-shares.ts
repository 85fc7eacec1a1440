import { readFileSync } from 'node:fs';

/** A file descriptor is also needed for each connection to an issuer or a store, and for each file: a quarter of them is for connections that listeners keep. */
const shareOfAll = 0.25;
/** With fewer connections a listener would be of no use. */
const fewest = 8;

/** Divides the file descriptors of a process among its listeners, so that connections which only stand there cannot take all of them. */
export class DescriptorShares {
  readonly #all: number;
  #listeners = 0;

  /** `all` is how many descriptors the process may have open. */
  constructor(all: number) {
    this.#all = all;
  }

  /** Most connections that each listener may keep now. */
  get connections(): number {
    return Math.max(fewest, Math.floor((this.#all * shareOfAll) / Math.max(1, this.#listeners)));
  }

  /** Counts one listener more, until the answered function is called. */
  join(): () => void {
    this.#listeners += 1;
    let isCounted = true;
    return () => {
      if (isCounted) this.#listeners -= 1;
      isCounted = false;
    };
  }
}

/** Those of this process. */
export const ownShares: DescriptorShares = new DescriptorShares(openFilesLimit());

/** How many files and connections this process may have open. Infinite where the system does not tell. */
function openFilesLimit(): number {
  try {
    // proc_pid_limits(5): the name, the soft limit, the hard limit, the unit.
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
