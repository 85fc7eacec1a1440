import { randomInt } from 'node:crypto';

const mostOfOneMs = 99_999;

/** Makes the ids of log entries: 40 digits. As text each is greater than the one before, and no two nodes make the same. */
export function logIds(): (atMs: number) => string {
  const node = String(randomInt(2 ** 47)).padStart(15, '0');
  let lastMs = Number.NEGATIVE_INFINITY;
  let digits = '';
  let count = 0;
  return (atMs) => {
    // A clock that was set back must not put a later entry before an earlier one.
    if (atMs > lastMs || count === mostOfOneMs) {
      lastMs = Math.max(atMs, lastMs + 1);
      digits = new Date(lastMs).toISOString().replaceAll(/\D/g, '');
      count = 0;
    }
    count += 1;
    return `900${digits}${String(count).padStart(5, '0')}${node}`;
  };
}
