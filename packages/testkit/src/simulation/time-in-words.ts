const units = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1_000 },
] as const;

/** A duration such as `2 d 3 h`, exact. */
export function inWords(ms: number): string {
  let left = ms;
  const parts: string[] = [];
  for (const unit of units) {
    const count = Math.floor(left / unit.ms);
    left -= count * unit.ms;
    if (count > 0) parts.push(`${count} ${unit.name}`);
  }
  if (left > 0 || parts.length === 0) parts.push(`${Math.round(left * 1000) / 1000} ms`);
  return parts.join(' ');
}

/** A moment since the start such as `day 12 03:04:05.678`; the first day is 1. */
export function inDays(ms: number): string {
  const day = Math.floor(ms / 86_400_000);
  return `day ${day + 1} ${new Date(ms - day * 86_400_000).toISOString().slice(11, 23)}`;
}
