/** The middle of `numbers`; of an even count the mean of the two in the middle. */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** `number` with about three digits that mean something. */
export function rounded(number) {
  if (!Number.isFinite(number) || number === 0) return number;
  const factor = 10 ** Math.max(0, 2 - Math.floor(Math.log10(Math.abs(number))));
  return Math.round(number * factor) / factor;
}
