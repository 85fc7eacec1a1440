let second = Number.NaN;
let text = '';

/** `atMs` (epoch, whole) as ISO 8601 text in UTC with milliseconds. The part up to the second is made once a second, as a busy log asks at every line. */
export function isoTimeOf(atMs: number): string {
  const inSecond = atMs % 1000;
  const from = atMs - inSecond;
  if (from !== second) {
    text = new Date(from).toISOString().slice(0, -'000Z'.length);
    second = from;
  }
  return `${text}${String(inSecond).padStart(3, '0')}Z`;
}
