import type { OnReadOpts } from 'node:net';

/** What comes on any socket lands here first: Node would take 64 KiB of new memory for each read, and give most of it back. */
const landing = Buffer.allocUnsafeSlow(65_536);

/** Where the bytes of one socket go. It is given to the socket when that is made, which is before there is anybody to take them. */
export class Inlet {
  /** Gets what comes. The bytes are others as soon as it returns: what is to last is copied. */
  onBytes: ((bytes: Buffer) => void) | undefined;
  /** Something came before anybody could take it: nobody asked for that. */
  hasMissed = false;
  /** The option of `connect`. */
  readonly onread: OnReadOpts = {
    buffer: landing,
    callback: (count) => {
      if (this.onBytes === undefined) this.hasMissed = true;
      else this.onBytes(landing.subarray(0, count));
      return true;
    },
  };
}
