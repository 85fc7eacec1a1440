const units = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1_000 },
] as const;

/** A duration for people, in its two largest units: `23 h 59 min`, `42 s`, `0 s`. */
export function durationText(ms: number): string {
  let rest = Math.max(0, Math.floor(ms / 1_000)) * 1_000;
  const first = units.findIndex((unit) => rest >= unit.ms);
  if (first === -1) return '0 s';
  const parts: string[] = [];
  for (const unit of units.slice(first, first + 2)) {
    const count = Math.floor(rest / unit.ms);
    rest -= count * unit.ms;
    if (count > 0) parts.push(`${count} ${unit.name}`);
  }
  return parts.join(' ');
}

/** An instant for people in the machine's time zone: `2026-11-23 18:04:05`. */
export function localTimeText(epochMs: number): string {
  const at = new Date(epochMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
