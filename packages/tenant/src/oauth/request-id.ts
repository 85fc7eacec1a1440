import { randomFillSync } from 'node:crypto';

const bytesEach = 10;
const pool = Buffer.alloc(400 * bytesEach);
let at = pool.length;

/** A name for a request: 20 hex digits, out of random bytes that are drawn for many at once. */
export function newRequestId(): string {
  if (at === pool.length) {
    randomFillSync(pool);
    at = 0;
  }
  at += bytesEach;
  return pool.toString('hex', at - bytesEach, at);
}
