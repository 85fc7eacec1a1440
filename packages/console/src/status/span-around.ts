/** A little more than `times` (ascending, s), and never nothing. */
export function spanAround(times: ArrayLike<number>): [from: number, to: number] {
  const from = times[0] ?? 0;
  const to = times[times.length - 1] ?? from;
  const margin = Math.max(5, 0.04 * (to - from));
  return [from - margin, to + margin];
}
