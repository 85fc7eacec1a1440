import { isUtf8 } from 'node:buffer';
import { contentTypeOf } from '../content-type.ts';
import { refusals } from './oauth-refusal.ts';
import { parseStrictObject } from './strict-json.ts';

/**
 * Parameters of a token request by name. Values of a JSON body have any type but null; `resource` of a form is an array where it is there more than
 * once. Empty strings count as absent (RFC 6749 §3.2), and so does null, which SDKs send for what they were not given.
 */
export type Parameters = ReadonlyMap<string, unknown>;

// Names that a careless reader of the request, such as a log pipeline, would take for something else.
const prototypeNames = new Set(['__proto__', 'constructor', 'prototype']);
// RFC 8707 §2 alone allows a parameter to be there more than once.
const repeatable = new Set(['resource']);

const byteOrderMark = '\uFEFF';

const formType = 'application/x-www-form-urlencoded';

/** Reads the body of a token request by its content type. Throws {@link OAuthRefusal} `invalid_request` for what is not well formed. */
export function bodyParameters(contentType: string | undefined, body: Uint8Array): Parameters {
  // As nearly all clients send it.
  if (contentType === formType) return formParameters(textOf(body));
  const { essence, isUtf8: saysUtf8 } = contentTypeOf(contentType);
  if (!saysUtf8) throw refusals.malformed('The request body must be UTF-8.');
  switch (essence) {
    case formType:
      return formParameters(textOf(body));
    case 'application/json':
      return jsonParameters(textOf(body));
    default:
      throw refusals.malformed('Content-Type must be application/x-www-form-urlencoded or application/json.');
  }
}

function textOf(body: Uint8Array): string {
  if (!isUtf8(body)) throw refusals.malformed('The request body is not valid UTF-8.');
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8');
  return text.startsWith(byteOrderMark) ? text.slice(byteOrderMark.length) : text;
}

function formParameters(text: string): Parameters {
  const parameters = new Map<string, string | string[]>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const separator = pair.indexOf('=');
    const name = formDecode(separator === -1 ? pair : pair.slice(0, separator));
    const value = separator === -1 ? '' : formDecode(pair.slice(separator + 1));
    refusePrototypeName(name);
    const former = parameters.get(name);
    if (former !== undefined && !repeatable.has(name)) throw refusals.malformed('A parameter is there more than once.');
    parameters.set(name, former === undefined ? value : [former, value].flat());
  }
  return withoutEmpty(parameters);
}

/** Decodes one name or value of a form (RFC 6749 appendix B). Throws `URIError` where a percent sequence is broken or no UTF-8. */
export function decodeFormComponent(text: string): string {
  if (text.includes('+')) return decodeURIComponent(text.replaceAll('+', ' '));
  return text.includes('%') ? decodeURIComponent(text) : text;
}

function formDecode(text: string): string {
  try {
    return decodeFormComponent(text);
  } catch (cause) {
    throw refusals.malformed('The request body is not a valid form: a percent sequence is broken or not UTF-8.', cause);
  }
}

function jsonParameters(text: string): Parameters {
  // No cause: it would quote the body, and the secret with it.
  const value = parseStrictObject(text);
  if (value === undefined) throw refusals.malformed('The request body must be a JSON object that names no member twice.');
  for (const name of Object.keys(value)) refusePrototypeName(name);
  return withoutEmpty(new Map(Object.entries(value)));
}

function refusePrototypeName(name: string): void {
  if (prototypeNames.has(name)) throw refusals.malformed('A parameter has a name that is not allowed.');
}

function withoutEmpty<T>(parameters: Map<string, T>): Map<string, T> {
  for (const [name, value] of parameters) if (value === '' || value === null) parameters.delete(name);
  return parameters;
}
