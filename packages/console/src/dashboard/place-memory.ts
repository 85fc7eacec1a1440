/** What a place of the dashboard is to be found with again: it stands in the history of the browser, with each entry its own, and outlives a reload. */
type Kept = Readonly<Record<string, unknown>>;

const all = (): Kept => (history.state ?? {}) as Kept;

/** What was kept of the present place under this name. */
export function keptHere(name: string): unknown {
  return all()[name];
}

/** What was kept of the present place under this name where that is a text, else an empty one. */
export function keptText(name: string): string {
  const text = keptHere(name);
  return typeof text === 'string' ? text : '';
}

/** Keeps something of the present place. */
export function keepHere(name: string, value: string | number): void {
  history.replaceState({ ...all(), [name]: value }, '');
}
