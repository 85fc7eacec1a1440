import { z } from 'zod';

/** Where the validated value stood: the first word of Auth0's message. */
export type ValidatedPart = 'Payload' | 'Query' | 'Path';

/**
 * Auth0's message for what zod found first, such as
 * `Payload validation error: 'Missing required property: name'.`
 */
export function validationText(part: ValidatedPart, issues: readonly z.core.$ZodIssue[], schema: z.ZodType): string {
  const issue = issues[0];
  if (issue === undefined) return `${part} validation error`;
  const isMissing = (issue.code === 'invalid_type' || issue.code === 'invalid_value') && issue.input === undefined;
  const expected = schemaAt(schema, issue.path);
  // What is missing is said of the object that lacks it.
  const path = isMissing ? issue.path.slice(0, -1) : issue.path;
  const quoted = `${part} validation error: '${isMissing ? `Missing required property: ${String(issue.path.at(-1))}` : ruleText(issue, expected)}'`;
  // As recorded: a sentence about the whole query ends without a full stop.
  if (path.length === 0) return part === 'Query' ? quoted : `${quoted}.`;
  const described = schemaAt(schema, path);
  const description = described === undefined ? undefined : descriptionOf(described);
  return `${quoted} on property ${path.join('.')}${description === undefined ? '' : ` (${description})`}.`;
}

// The sentences of the JSON Schema validator that the service uses.
function ruleText(issue: z.core.$ZodIssue, schema: z.ZodType | undefined): string {
  switch (issue.code) {
    case 'invalid_type':
      return `Expected type ${schemaTypeOf(issue.expected, schema)} but found type ${typeOf(issue.input)}`;
    case 'unrecognized_keys':
      return `Additional properties not allowed: ${shown(issue.keys.join(','))}`;
    case 'invalid_value':
      return `No enum match for: ${shown(issue.input)}`;
    case 'invalid_format':
      // Its own pattern is nothing to read. The name is that of JSON Schema.
      if (issue.format === 'datetime') return `Object didn't pass validation for format date-time: ${shown(issue.input)}`;
      return `String does not match pattern ${(issue.pattern ?? '').replace(/^\/(.*)\/[a-z]*$/, '$1')}: ${shown(issue.input)}`;
    case 'too_big':
      return bound(issue.origin, issue.input, issue.maximum, { value: 'greater than maximum', length: 'too long', limit: 'maximum' });
    case 'too_small':
      return bound(issue.origin, issue.input, issue.minimum, { value: 'less than minimum', length: 'too short', limit: 'minimum' });
    default:
      return issue.message;
  }
}

// A message is no place for a megabyte.
function shown(input: unknown): string {
  const text = typeof input === 'object' ? JSON.stringify(input) : String(input);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function schemaTypeOf(expected: string, schema: z.ZodType | undefined): string {
  if (expected === 'int' || (schema !== undefined && unwrapped(schema) instanceof z.ZodNumberFormat)) return 'integer';
  return expected === 'record' ? 'object' : expected;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function bound(origin: string, input: unknown, limit: number | bigint, words: { value: string; length: string; limit: string }): string {
  if (origin === 'string') return `String is ${words.length} (${String(input).length} chars), ${words.limit} ${limit}`;
  if (origin === 'array') return `Array is ${words.length} (${(input as unknown[]).length}), ${words.limit} ${limit}`;
  return `Value ${String(input)} is ${words.value} ${limit}`;
}

function schemaAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType | undefined {
  let at: z.ZodType | undefined = schema;
  for (const step of path) {
    const inner = unwrapped(at);
    if (inner instanceof z.ZodObject) at = inner.shape[step as string] as z.ZodType | undefined;
    else if (inner instanceof z.ZodArray) at = inner.element as z.ZodType;
    else return undefined;
    if (at === undefined) return undefined;
  }
  return at;
}

function descriptionOf(schema: z.ZodType): string | undefined {
  const isWrapped = schema instanceof z.ZodOptional || schema instanceof z.ZodNullable;
  return schema.description ?? (isWrapped ? descriptionOf(schema.unwrap() as z.ZodType) : undefined);
}

/** The schema under `optional` and `nullable`. */
export function unwrapped(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? unwrapped(schema.unwrap() as z.ZodType) : schema;
}
