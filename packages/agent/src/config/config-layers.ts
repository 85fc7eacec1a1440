import type { ConfigDocument } from './config-document.ts';
import type { ConfigProblem } from './config-problem.ts';
import { type EnvironmentKey, environmentNameOf } from './environment-keys.ts';

/** Where a value was written down. */
export type Origin = { readonly kind: 'file'; readonly line: number } | { readonly kind: 'environment'; readonly name: string };

/** The config file, if there is one, with the values of the environment laid over it. Knows where each value comes from. */
export class ConfigLayers {
  /** The content as plain values, those of the environment in place of those of the file. */
  readonly value: unknown;
  readonly #file: ConfigDocument | undefined;
  readonly #keys: readonly EnvironmentKey[];

  constructor(file: ConfigDocument | undefined, keys: readonly EnvironmentKey[]) {
    this.#file = file;
    this.#keys = keys;
    this.value = keys.reduce<unknown>((value, key) => withValue(value, key.path, key.value), file === undefined ? {} : file.value);
  }

  /** Where the value at `path` was written; for a missing value, where it would have to be written. */
  originOf(path: readonly PropertyKey[]): Origin {
    const key = this.#keys.findLast(
      (key) => key.path.length <= path.length && key.path.every((part, index) => part === String(path[index])),
    );
    if (key !== undefined) return { kind: 'environment', name: key.name };
    if (this.#file === undefined) return { kind: 'environment', name: path.length === 0 ? '' : environmentNameOf(path) };
    return { kind: 'file', line: this.#file.lineOf(path) };
  }
}

/** What is wrong with the value at `path`, told with the place where it was written down. */
export function problemAt(layers: ConfigLayers, path: readonly PropertyKey[], message: string): ConfigProblem {
  const origin = layers.originOf(path);
  return origin.kind === 'environment'
    ? { path: origin.name, line: undefined, message }
    : { path: path.map(String).join('.'), line: origin.line, message };
}

/** A copy of `value` with `part` at `path`. Where a value on the way there is no object, an object takes its place. */
function withValue(value: unknown, path: readonly string[], part: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return part;
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  const map = new Map(isMap ? Object.entries(value) : []);
  map.set(first, withValue(map.get(first), rest, part));
  return Object.fromEntries(map);
}
