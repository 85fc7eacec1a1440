// A registered symbol, so that two copies of this package in one program know each other's sources.
const identity: unique symbol = Symbol.for('@evertoken/client.SourceIdentity') as never;

type Source = (...parts: never[]) => unknown;

/**
 * `source`, known from now on by `parts`: all that decides what it reads, in order. Two sources of equal parts are the same, though each has a function of
 * its own, so that keeping a request again changes nothing (see `TokenKeeper.keep`). A part that is a source is equal to one that is the same.
 */
export function identified<S extends Source>(source: S, parts: readonly unknown[]): S {
  return Object.defineProperty(source, identity, { value: parts });
}

/** Whether two secrets or keys are equal, or two functions that give one read the same as far as anybody can tell. */
export function isSameSource(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  const [a, b] = [partsOf(one), partsOf(other)];
  return a !== undefined && a.length === b?.length && a.every((part, i) => isSameSource(part, b[i]));
}

function partsOf(source: unknown): readonly unknown[] | undefined {
  return typeof source === 'function' ? (source as Source & { [identity]?: readonly unknown[] })[identity] : undefined;
}
