import { randomInt } from 'node:crypto';

const mostOfOneMs = 99_999;

/** What every id that is made at `atMs` or later sorts after, and every id made before it sorts before. */
export function logPlaceAt(atMs: number): string {
  return `900${new Date(atMs).toISOString().replaceAll(/\D/g, '')}`;
}

/**
 * Makes the ids of log entries: 40 digits. As text each is greater than the one before, and than `after`, an id that was made earlier; no two nodes make the
 * same.
 */
export function logIds(after = ''): (atMs: number) => string {
  const node = String(randomInt(2 ** 47)).padStart(15, '0');
  let lastMs = timeIn(after) + 1;
  let place = Number.isFinite(lastMs) ? logPlaceAt(lastMs) : '';
  let count = 0;
  return (atMs) => {
    // A clock that was set back must not put a later entry before an earlier one.
    if (atMs > lastMs || count === mostOfOneMs) {
      lastMs = Math.max(atMs, lastMs + 1);
      place = logPlaceAt(lastMs);
      count = 0;
    }
    count += 1;
    return `${place}${String(count).padStart(5, '0')}${node}`;
  };
}

/** Epoch ms at which `id` was made; -Infinity where it tells none. */
function timeIn(id: string): number {
  const digits = /^900(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})/.exec(id);
  if (digits === null) return Number.NEGATIVE_INFINITY;
  const [year = 0, month = 0, ...others] = digits.slice(1).map(Number);
  return Date.UTC(year, month - 1, ...others);
}
