import { z } from 'zod';

/** Which fields of a record a call asked for. */
export interface FieldQuery {
  readonly fields?: string | undefined;
  readonly include_fields?: boolean | undefined;
}

/** Query parameters that choose fields. */
export const fieldSelection: { fields: z.ZodOptional<z.ZodString>; include_fields: z.ZodOptional<z.ZodBoolean> } = {
  fields: z
    .string()
    .optional()
    .describe('Comma-separated list of fields to include or exclude (based on value provided for include_fields) in the result.'),
  include_fields: z.boolean().optional().describe('Whether specified fields are to be included (true) or excluded (false).'),
};

/** The names in `fields`. */
export function namesIn({ fields }: FieldQuery): ReadonlySet<string> {
  return new Set((fields ?? '').split(',').filter((name) => name !== ''));
}

/** The function that cuts a record down to the fields asked for; `always` stay. */
export function cutTo(
  query: FieldQuery,
  always: readonly string[] = [],
): (record: Readonly<Record<string, unknown>>) => Record<string, unknown> {
  const names = namesIn(query);
  const isIncluding = query.include_fields ?? true;
  if (names.size === 0) return (record) => ({ ...record });
  return (record) =>
    Object.fromEntries(Object.entries(record).filter(([field]) => always.includes(field) || names.has(field) === isIncluding));
}
