import { type ConfigLayers, problemAt } from './config-layers.ts';
import type { ConfigProblem } from './config-problem.ts';
import { nameRule } from './schema-parts.ts';

/** The entries of a value that may be anything; none where it is no object. */
export function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

/** A problem for every key `__proto__`, at any depth: it cannot be a name, and schemas ignore it silently. */
export function problemsOfPrototypeKeys(layers: ConfigLayers): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const visit = (value: unknown, path: readonly (string | number)[]): void => {
    if (Array.isArray(value)) for (const [index, item] of value.entries()) visit(item, [...path, index]);
    for (const [key, part] of entriesOf(value)) {
      if (key === '__proto__') problems.push(problemAt(layers, [...path, key], `\`__proto__\` is no name here; ${nameRule}`));
      else visit(part, [...path, key]);
    }
  };
  visit(layers.value, []);
  return problems;
}
