import { isAscii } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';
import { Refusal } from './refusal.ts';

/** Parameters of a token request; only `scope` may be other than a text. None is null: SDKs send that for what they were not given. */
export type TokenParameters = ReadonlyMap<string, unknown>;

/** Longest body that is remembered, bytes: programs send some 200. */
const longestRemembered = 1_024;

interface ReadBody {
  readonly contentType: string | undefined;
  readonly body: Buffer;
  readonly parameters: TokenParameters;
}

/** Reads token requests. A program sends the same one again and again; what came last on a connection is remembered there as long as that lives. */
export class TokenRequestReader {
  readonly #last = new WeakMap<object, ReadBody>();

  /** @throws {Refusal} as {@link readTokenParameters} */
  read(connection: object, contentType: string | undefined, body: Buffer): TokenParameters {
    const last = this.#last.get(connection);
    if (last !== undefined && last.contentType === contentType && isSame(body, last.body)) return last.parameters;
    const parameters = readTokenParameters(contentType, body);
    // A copy: what arrived is a part of the buffer that the socket was read into, which is much longer.
    if (body.length <= longestRemembered) this.#last.set(connection, { contentType, body: Buffer.from(body), parameters });
    return parameters;
  }
}

// Several programs may share a connection through a proxy of their own: the time must not tell how much of another one's key is right.
function isSame(body: Buffer, other: Buffer): boolean {
  return body.length === other.length && timingSafeEqual(body, other);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads the body of a token request: a form (RFC 6749 Appendix B) or, as Auth0 takes it, a JSON object.
 * @throws {Refusal} `invalid_request` for another content type, a parameter given twice, broken UTF-8 or anything malformed.
 */
export function readTokenParameters(contentType: string | undefined, body: Buffer): TokenParameters {
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  const read = mediaType === 'application/x-www-form-urlencoded' ? readForm : mediaType === 'application/json' ? readJson : undefined;
  if (read === undefined) throw invalid('The body must be application/x-www-form-urlencoded or application/json.');
  let text: string;
  try {
    text = isAscii(body) ? body.toString('latin1') : utf8.decode(body);
  } catch {
    throw invalid('The body is no valid UTF-8.');
  }
  return read(text);
}

function readForm(text: string): TokenParameters {
  const parameters = new Map<string, string>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equalsAt = pair.indexOf('=');
    const name = decode(equalsAt === -1 ? pair : pair.slice(0, equalsAt));
    if (parameters.has(name)) throw repeated(name);
    parameters.set(name, equalsAt === -1 ? '' : decode(pair.slice(equalsAt + 1)));
  }
  return parameters;
}

function decode(part: string): string {
  if (!/[%+]/.test(part)) return part;
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    throw invalid('The form holds a percent sign that encodes no valid UTF-8.');
  }
}

function readJson(text: string): TokenParameters {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('The body is no valid JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('The body must be a JSON object.');
  const twice = isPlainlyOnce(text, value) ? undefined : repeatedMember(text);
  if (twice !== undefined) throw repeated(twice);
  const parameters = new Map<string, unknown>();
  for (const [name, member] of Object.entries(value)) {
    if (member === null) continue;
    if (name !== 'scope' && known.has(name) && typeof member !== 'string') throw invalid(`The parameter ${name} must be a string.`);
    parameters.set(name, member);
  }
  return parameters;
}

const known = new Set(['grant_type', 'client_id', 'client_secret', 'audience', 'organization']);

/**
 * Whether counting the quotes of `json` is enough to see that it gives no member twice. A flat object without escapes has two quotes for each name and two for
 * each text of `value`; a member that was given twice would leave more. This halves the time that it takes to read a request.
 */
function isPlainlyOnce(json: string, value: object): boolean {
  if (json.includes('\\')) return false;
  let quotes = 0;
  for (let at = json.indexOf('"'); at !== -1; at = json.indexOf('"', at + 1)) quotes += 1;
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) return false;
    quotes -= typeof member === 'string' ? 4 : 2;
  }
  return quotes === 0;
}

/** A member name that valid JSON gives twice in its outermost object; `JSON.parse` would silently take the last one. */
function repeatedMember(json: string): string | undefined {
  const names = new Set<string>();
  let depth = 0;
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[[\]{}]/g)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (depth === 1 && token.endsWith(':')) {
      const name = JSON.parse(token.slice(0, token.lastIndexOf('"') + 1)) as string;
      if (names.has(name)) return name;
      names.add(name);
    }
  }
  return undefined;
}

function repeated(name: string): Refusal {
  return invalid(`The parameter ${name.slice(0, 40)} is given more than once.`);
}

function invalid(description: string): Refusal {
  return new Refusal(400, 'invalid_request', description);
}
