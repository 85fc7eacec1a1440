/** Further off than this, a name is another one and not a slip of the hand. */
const FURTHEST = 2;

/**
 * Refuses names that mean nothing: a slip of the hand would else be ignored without a word. `prefix` stands before the names, such as `policy.`.
 * @throws {TypeError} that names the unknown name, and the known one that is nearest.
 */
export function refuseUnknown(given: object, known: Readonly<Record<string, unknown>>, prefix = ''): void {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(known, name)) continue;
    const names = Object.keys(known);
    const [nearest] = names.map((other) => ({ other, steps: stepsBetween(name, other) })).sort((a, b) => a.steps - b.steps);
    const hint = nearest !== undefined && nearest.steps <= FURTHEST ? ` Did you mean \`${prefix}${nearest.other}\`?` : '';
    throw new TypeError(`\`${prefix}${name}\` is unknown; known are ${names.join(', ')}.${hint}`);
  }
}

/** How many letters must be changed, left out or put in to make `b` of `a` (Levenshtein). */
function stepsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1) {
      next.push(
        Math.min((row[j] ?? 0) + (letter.toLowerCase() === b[j]?.toLowerCase() ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1),
      );
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
