import type { z } from 'zod';
import { contentTypeOf } from '../content-type.ts';
import { isWellFormed } from '../well-formed.ts';
import { deepestBody, isDeeperThan } from './json-depth.ts';
import { ManageRefusal, manageRefusals } from './manage-refusal.ts';
import { nestedForm } from './nested-form.ts';
import { typedEntries } from './typed-text.ts';
import { validationText } from './validation-text.ts';

/** Reads a query string (without `?`) by its schema. Throws {@link ManageRefusal} `invalid_query_string`. */
export function readQuery<T>(query: string, schema: z.ZodType<T>): T {
  const given = typedEntries(new URLSearchParams(query), schema);
  const result = schema.safeParse(given, { reportInput: true });
  if (!result.success) throw manageRefusals.invalidQuery(validationText('Query', result.error.issues, schema));
  if (query.includes('%00')) throw manageRefusals.invalidQuery(`Query validation error: '${noNull}'`);
  return result.data;
}

/** Reads what stood in the path by its schema. Throws {@link ManageRefusal} `invalid_uri`. */
export function readPath<T>(parameters: unknown, schema: z.ZodType<T>): T {
  const result = schema.safeParse(parameters, { reportInput: true });
  if (result.success) return result.data;
  throw manageRefusals.invalidUri(validationText('Path', result.error.issues, schema));
}

/** Reads a body, JSON or form, by its schema. Throws {@link ManageRefusal} `invalid_body`, or 415 for another content type. */
export function readBody<T>(contentType: string | undefined, body: Uint8Array, schema: z.ZodType<T>): T {
  const result = schema.safeParse(bodyValue(contentType, body, schema), { reportInput: true });
  if (result.success) return result.data;
  throw manageRefusals.invalidBody(validationText('Payload', result.error.issues, schema));
}

// No store that keeps text keeps this character.
const noNull = 'The character U+0000 is not allowed';
const noHalf = 'Half of a pair of surrogates is not allowed';

function bodyValue(contentType: string | undefined, body: Uint8Array, schema: z.ZodType): unknown {
  const { essence, isUtf8 } = contentTypeOf(contentType ?? 'application/json');
  if (essence !== 'application/json' && essence !== 'application/x-www-form-urlencoded') {
    throw new ManageRefusal(415, 'Content-Type must be application/json or application/x-www-form-urlencoded');
  }
  if (!isUtf8) throw new ManageRefusal(415, 'The charset of Content-Type must be utf-8');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (cause) {
    throw new ManageRefusal(400, 'Invalid request payload: it is not UTF-8', { errorCode: 'invalid_body', cause });
  }
  if (essence === 'application/x-www-form-urlencoded') {
    if (/%00|\0/.test(text)) throw manageRefusals.invalidBody(`Payload validation error: '${noNull}'.`);
    return nestedForm(new URLSearchParams(text), schema);
  }
  if (text === '') return {};
  if (isDeeperThan(deepestBody, text)) {
    throw manageRefusals.invalidBody(`Invalid request payload: it is nested more than ${deepestBody} levels deep`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw manageRefusals.invalidBody('Invalid request payload JSON format');
  }
  // An even number of backslashes before it are characters themselves.
  if (/(?<!\\)(?:\\\\)*\\u0000/.test(text)) throw manageRefusals.invalidBody(`Payload validation error: '${noNull}'.`);
  refuseUnstorable(value);
  return value;
}

// Kept, such a text would be another one, and such a key none at all.
function refuseUnstorable(value: unknown): void {
  if (typeof value === 'string' && !isWellFormed(value)) throw manageRefusals.invalidBody(`Payload validation error: '${noHalf}'.`);
  if (typeof value !== 'object' || value === null) return;
  if (Object.hasOwn(value, '__proto__')) {
    throw manageRefusals.invalidBody("Payload validation error: 'Additional properties not allowed: __proto__'.");
  }
  for (const [key, inner] of Object.entries(value)) {
    refuseUnstorable(key);
    refuseUnstorable(inner);
  }
}

/** The query string of a request, without `?`, as it came. */
export function queryOf({ url }: { url: string }): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start + 1);
}
