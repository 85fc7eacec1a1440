import type { z } from 'zod';
import { type ConfigLayers, problemAt } from './config-layers.ts';
import type { ConfigProblem } from './config-problem.ts';

type Issue = z.core.$ZodIssue;

/** What a schema found wrong, as problems with the places where it was written down. */
export function describeIssues(issues: readonly Issue[], layers: ConfigLayers): ConfigProblem[] {
  return issues.flatMap(narrowed).map((issue) => {
    const unknownKey = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    const found = problemAt(layers, unknownKey === undefined ? issue.path : [...issue.path, unknownKey], messageOf(issue, layers));
    // The message names the unknown key, so the path is that of the object it stands in.
    return found.line === undefined ? found : { ...found, path: issue.path.map(String).join('.') };
  });
}

/** For a value that may be written in several ways: what is wrong with the way that was meant, where only one can be meant. */
function narrowed(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const meant = issue.errors.filter((errors) => !errors.some(isOfAnotherKind));
  if (meant.length !== 1) return [issue];
  return (meant[0] ?? []).flatMap((inner) => narrowed({ ...inner, path: [...issue.path, ...inner.path] } as Issue));
}

function isOfAnotherKind({ code, path }: Issue): boolean {
  return path.length === 0 && ['invalid_type', 'invalid_value', 'invalid_format', 'invalid_union'].includes(code);
}

function messageOf(issue: Issue, layers: ConfigLayers): string {
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  const value = valueAt(layers.value, issue.path);
  if (value === undefined && issue.code !== 'unrecognized_keys') {
    return layers.originOf(issue.path).kind === 'file' ? 'is missing; add it' : 'is not set; set it';
  }
  if (issue.code !== 'invalid_type' || !issue.message.startsWith('Invalid input')) return issue.message;
  const found = value === null ? 'nothing' : Array.isArray(value) ? 'a list' : kinds[typeof value];
  const isNumber = issue.expected === 'string' && (typeof value === 'number' || typeof value === 'boolean');
  return `expected ${wanted[issue.expected] ?? 'keys with values'}, found ${found ?? typeof value}${isNumber ? `; put it in quotes: "${value}"` : ''}`;
}

const wanted: Readonly<Record<string, string>> = {
  string: 'a text',
  array: 'a list',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

const kinds: Readonly<Record<string, string>> = { string: 'a text', number: 'a number', boolean: 'a boolean', object: 'keys with values' };

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    root,
  );
}
