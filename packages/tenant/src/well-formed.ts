/** Whether no half of a pair of surrogates stands alone in `text`: no UTF-8 has it, so no store keeps it. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** Whether every text in `value` is {@link isWellFormed}, the names of properties too. `value` may have parts that are one object, and may hold itself. */
export function isWellFormedThroughout(value: unknown, seen: Set<object> = new Set()): boolean {
  if (typeof value === 'string') return isWellFormed(value);
  if (typeof value !== 'object' || value === null || seen.has(value)) return true;
  seen.add(value);
  return Object.entries(value).every(([name, inner]) => isWellFormed(name) && isWellFormedThroughout(inner, seen));
}
