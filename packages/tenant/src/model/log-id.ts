import { randomInt } from 'node:crypto';

/** How often a node may give an id within one millisecond. */
const mostOfOneMs = 99_999;
/** An id is digits that sort by time, digits of the node, and the number of it within its millisecond: by the last it follows another. */
const [countFrom, idLength] = [35, 40];

/** Ids that follow each other begin with one that has room for so many. */
export const longestRun = 1_000;

/** What every id that is made at `atMs` or later sorts after, and every id made before it sorts before. */
export function logPlaceAt(atMs: number): string {
  return `900${new Date(atMs).toISOString().replaceAll(/\D/g, '')}`;
}

/**
 * Makes the ids of log entries: 40 digits. As text each is greater than the one before, and than `after`, an id that was made earlier; no two nodes make the
 * same. With `count`, at most {@link longestRun}, it makes so many: the one it answers, and those that {@link logIdFollowing} tells. No other node makes one
 * that sorts between them.
 */
export function logIds(after = ''): (atMs: number, count?: number) => string {
  const node = String(randomInt(2 ** 47)).padStart(15, '0');
  let lastMs = timeIn(after) + 1;
  let place = Number.isFinite(lastMs) ? logPlaceAt(lastMs) : '';
  let given = 0;
  return (atMs, count = 1) => {
    // A clock that was set back must not put a later entry before an earlier one.
    if (atMs > lastMs || given + count > mostOfOneMs) {
      lastMs = Math.max(atMs, lastMs + 1);
      place = logPlaceAt(lastMs);
      given = 0;
    }
    const id = `${place}${node}${countText(given + 1)}`;
    given += count;
    return id;
  };
}

/** The id that comes `steps` after `id` among those that were made with it. */
export function logIdFollowing(id: string, steps: number): string {
  return steps === 0 ? id : id.slice(0, countFrom) + countText(Number(id.slice(countFrom)) + steps);
}

/** How many steps `id` comes after `first` among those that were made with it; undefined where it is none of them, whatever text it is. */
export function stepsFrom(first: string, id: string): number | undefined {
  const steps = Number(id.slice(countFrom)) - Number(first.slice(countFrom));
  return steps >= 0 && logIdFollowing(first, steps) === id ? steps : undefined;
}

const countText = (count: number): string => String(count).padStart(idLength - countFrom, '0');

/** Epoch ms at which `id` was made; -Infinity where it tells none. */
function timeIn(id: string): number {
  const digits = /^900(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})/.exec(id);
  if (digits === null) return Number.NEGATIVE_INFINITY;
  const [year = 0, month = 0, ...others] = digits.slice(1).map(Number);
  return Date.UTC(year, month - 1, ...others);
}
