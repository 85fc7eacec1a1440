import { z } from 'zod';
import { unwrapped } from './validation-text.ts';

/**
 * What the entries of a query say, each value read as the type that `schema` has at its name: text has none of its own. What does not fit stays
 * text, for the schema to refuse.
 */
export function typedEntries(entries: URLSearchParams, schema: z.ZodType): Record<string, unknown> {
  const shape: Readonly<Record<string, unknown>> = schema instanceof z.ZodObject ? schema.shape : {};
  const names = [...new Set(entries.keys())];
  return Object.fromEntries(names.map((name) => [name, typedText(entries.getAll(name), propertyOf(shape, name))]));
}

/** What `values`, all given under one name, stand for where `schema` is expected. */
export function typedText(values: readonly string[], schema: unknown): unknown {
  const type = schema instanceof z.ZodType ? unwrapped(schema) : undefined;
  if (type instanceof z.ZodArray) return values.map((value) => typedText([value], type.element));
  if (values.length !== 1) return values;
  const [value = ''] = values;
  if (type instanceof z.ZodBoolean && (value === 'true' || value === 'false')) return value === 'true';
  if (type instanceof z.ZodNumber && /^-?\d{1,15}(\.\d{1,15})?$/.test(value)) return Number(value);
  return value;
}

/** The schema of a property; none for what an object merely inherits. */
export function propertyOf(shape: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(shape, name) ? shape[name] : undefined;
}
