import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What comes out of the pipe at `path` until all its writers have closed it. Waits for one without keeping any of the threads that do all file access. */
export async function readPipe(path: string): Promise<Buffer> {
  // Such an open never waits.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return await buffer(new Socket({ fd, readable: true, writable: false }));
}
