const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** How long something takes, for people: `18 h 04 min`, `45 s`. Two units at most, rounded down; never below `0 s`. */
export function durationWords(ms: number): string {
  const left = Math.max(0, ms);
  if (left >= day) return pair(left, day, 'd', hour, 'h');
  if (left >= hour) return pair(left, hour, 'h', minute, 'min');
  if (left >= minute) return pair(left, minute, 'min', second, 's');
  return `${Math.floor(left / second)} s`;
}

/** How long ago or ahead `at` is, from `now`: `12 s ago`, `in 3 min 20 s`, `now`. */
export function distanceWords(at: number, now: number): string {
  if (Math.abs(at - now) < second) return 'now';
  return at < now ? `${durationWords(now - at)} ago` : `in ${durationWords(at - now)}`;
}

// The pages are English whatever the browser speaks.
const timeOfDay = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const dayAndTime = new Intl.DateTimeFormat('en-GB', { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
const dateAndTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

/** A moment in the time of whoever looks: the time of day within half a day of `now`, else with its date, and half a year away with its year. */
export function momentWords(at: number, now: number): string {
  const distance = Math.abs(at - now);
  if (distance < day / 2) return timeOfDay.format(at);
  return (distance < 180 * day ? dayAndTime : dateAndTime).format(at);
}

function pair(ms: number, unit: number, name: string, smaller: number, smallerName: string): string {
  const rest = Math.floor((ms % unit) / smaller);
  return `${Math.floor(ms / unit)} ${name} ${String(rest).padStart(smallerName === 'h' ? 1 : 2, '0')} ${smallerName}`;
}
