import type { z } from 'zod';
import type { ConfigDocument } from './config-document.ts';
import type { ConfigProblem } from './config-problem.ts';

/** What a schema found wrong, as problems with their places in `document`. */
export function describeIssues(issues: readonly z.core.$ZodIssue[], document: ConfigDocument): ConfigProblem[] {
  return issues.map((issue) => {
    const unknownKey = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    return {
      path: issue.path.map(String).join('.'),
      line: document.lineOf(unknownKey === undefined ? issue.path : [...issue.path, unknownKey]),
      message: messageOf(issue, document.value),
    };
  });
}

function messageOf(issue: z.core.$ZodIssue, root: unknown): string {
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  if (valueAt(root, issue.path) === undefined && issue.code !== 'unrecognized_keys') return 'is missing; add it';
  if (issue.code !== 'invalid_type') return issue.message;
  const value = valueAt(root, issue.path);
  const found = value === null ? 'nothing' : Array.isArray(value) ? 'a list' : kinds[typeof value];
  const wanted = issue.expected === 'string' ? 'a text' : issue.expected === 'array' ? 'a list' : 'keys with values';
  const isNumber = issue.expected === 'string' && (typeof value === 'number' || typeof value === 'boolean');
  return `expected ${wanted}, found ${found ?? typeof value}${isNumber ? `; put it in quotes: "${value}"` : ''}`;
}

const kinds: Readonly<Record<string, string>> = { string: 'a text', number: 'a number', boolean: 'a boolean', object: 'keys with values' };

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], root);
}
