import type { OnReadOpts } from 'node:net';

/** The bytes of every socket are read into this buffer. Node would take 64 KiB of new memory for each read, and give most of it back. */
const landing = Buffer.allocUnsafeSlow(65_536);

/** Where the bytes of one socket go. It is given to the socket when that is made, which is before there is anybody to take them. */
export class Inlet {
  /** Gets the bytes that were read. Their memory is used again as soon as it returns, so what is kept must be copied. */
  onBytes: ((bytes: Buffer) => void) | undefined;
  /** Whether bytes came before anything could take them, which nobody can have asked for. */
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
