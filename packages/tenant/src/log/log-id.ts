import { randomInt } from 'node:crypto';

/** Makes ids of log entries: 40 digits, each greater than the one before as text, and never the same on two nodes. */
export function logIds(): (atMs: number) => string {
  const node = String(randomInt(2 ** 47)).padStart(15, '0');
  let lastMs = 0;
  let count = 0;
  return (atMs) => {
    // A clock that was set back must not put a later entry before an earlier one.
    const ms = Math.max(atMs, lastMs);
    count = ms === lastMs ? count + 1 : 0;
    lastMs = ms;
    return `900${digitsOf(ms)}${String(count).padStart(5, '0')}${node}`;
  };
}

const digitsOf = (ms: number): string => new Date(ms).toISOString().replaceAll(/\D/g, '');
