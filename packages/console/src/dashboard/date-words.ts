// The pages are English whatever the browser speaks; whose time it is, it says.
const dateAndTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' });

/** A moment in the time of whoever looks: `30 Nov 2026, 09:02:34 UTC`. `at`: ISO 8601, or milliseconds since the epoch. */
export function dateWords(at: string | number): string {
  return dateAndTime.format(new Date(at));
}
