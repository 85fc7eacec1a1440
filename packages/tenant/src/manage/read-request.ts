import { z } from 'zod';
import { ManageRefusal, manageRefusals } from './manage-refusal.ts';
import { unwrapped, validationText } from './validation-text.ts';

// Far below what a stack holds; what the API takes is four levels deep.
const deepestBody = 64;

/** Reads a query string (without `?`) by its schema. Throws {@link ManageRefusal} `invalid_query_string`. */
export function readQuery<T>(query: string, schema: z.ZodType<T>): T {
  const result = schema.safeParse(fromText(new URLSearchParams(query), schema), { reportInput: true });
  if (result.success) return result.data;
  throw manageRefusals.invalidQuery(validationText('Query', result.error.issues, schema));
}

/** Reads a body, JSON or form, by its schema. Throws {@link ManageRefusal} `invalid_body`, or 415 for another content type. */
export function readBody<T>(contentType: string | undefined, body: Uint8Array, schema: z.ZodType<T>): T {
  const result = schema.safeParse(bodyValue(contentType, body, schema), { reportInput: true });
  if (result.success) return result.data;
  throw manageRefusals.invalidBody(validationText('Payload', result.error.issues, schema));
}

function bodyValue(contentType: string | undefined, body: Uint8Array, schema: z.ZodType): unknown {
  const essence = (contentType ?? 'application/json').split(';')[0]?.trim().toLowerCase();
  if (essence !== 'application/json' && essence !== 'application/x-www-form-urlencoded') {
    throw new ManageRefusal(415, 'Content-Type must be application/json or application/x-www-form-urlencoded');
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (cause) {
    throw new ManageRefusal(400, 'Invalid request payload: it is not UTF-8', { errorCode: 'invalid_body', cause });
  }
  if (essence === 'application/x-www-form-urlencoded') return fromText(new URLSearchParams(text), schema);
  if (text === '') return {};
  refuseDeep(text);
  try {
    return JSON.parse(text);
  } catch {
    throw manageRefusals.invalidBody('Invalid request payload JSON format');
  }
}

// A deeply nested document would end the stack of whoever walks it.
function refuseDeep(json: string): void {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (isText) {
      if (character === '\\') at += 1;
      else if (character === '"') isText = false;
    } else if (character === '"') isText = true;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > deepestBody) throw manageRefusals.invalidBody(`Invalid request payload: it is nested more than ${deepestBody} levels deep`);
  }
}

// Text has no types: each value is read as the type that the schema has at its name. What does not fit stays text, for the schema to refuse.
function fromText(entries: URLSearchParams, schema: z.ZodType): Record<string, unknown> {
  const shape: Record<string, unknown> = schema instanceof z.ZodObject ? schema.shape : {};
  const names = [...new Set(entries.keys())];
  return Object.fromEntries(names.map((name) => [name, typed(entries.getAll(name), shape[name])]));
}

function typed(values: readonly string[], schema: unknown): unknown {
  const type = schema instanceof z.ZodType ? unwrapped(schema) : undefined;
  if (type instanceof z.ZodArray) return values;
  if (values.length !== 1) return values;
  const [value = ''] = values;
  if (type instanceof z.ZodBoolean && (value === 'true' || value === 'false')) return value === 'true';
  if (type instanceof z.ZodNumber && /^-?\d+$/.test(value)) return Number(value);
  return value;
}

/** The query string of a request, without `?`, as it came. */
export function queryOf({ url }: { url: string }): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start + 1);
}
