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

/** Two secrets or keys: the same, another one, or nobody can tell. */
export type Likeness = 'same' | 'unknown' | 'other';

/**
 * How much two secrets or keys are alike. Texts and JWKs are compared by what they hold, key objects are the same where they are one, and functions where
 * they are one or read the same; of two that tell nothing of what they read nobody can tell.
 */
export function likenessOf(one: unknown, other: unknown): Likeness {
  if (isSameSource(one, other)) return 'same';
  if (typeof one !== 'function' || typeof other !== 'function') return isSameJwk(one, other) ? 'same' : 'other';
  return partsOf(one) === undefined && partsOf(other) === undefined ? 'unknown' : 'other';
}

/** The likeness of wholes whose parts are alike so much. */
export function leastOf(likenesses: readonly Likeness[]): Likeness {
  return (['other', 'unknown'] as const).find((likeness) => likenesses.includes(likeness)) ?? 'same';
}

/** Whether two functions are one, or read the same as far as anybody can tell. */
function isSameSource(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  const [a, b] = [partsOf(one), partsOf(other)];
  return a !== undefined && a.length === b?.length && a.every((part, i) => isSameSource(part, b[i]));
}

/** A program may write its key out at each call. */
function isSameJwk(one: unknown, other: unknown): boolean {
  return isJwk(one) && isJwk(other) && sorted(one) === sorted(other);
}

function isJwk(key: unknown): key is Readonly<Record<string, unknown>> {
  return typeof key === 'object' && key !== null && typeof (key as { kty?: unknown }).kty === 'string';
}

function sorted(jwk: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.entries(jwk).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function partsOf(source: unknown): readonly unknown[] | undefined {
  return typeof source === 'function' ? (source as Source & { [identity]?: readonly unknown[] })[identity] : undefined;
}
