/**
 * Parses `text` as a JSON object. Undefined where it is no JSON, where it is no object, and where any object in it has a member twice: two parsers may
 * read such a text differently (RFC 8259 §4).
 */
export function parseStrictObject(text: string): Readonly<Record<string, unknown>> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || hasDuplicateMember(text)) return undefined;
  return value as Record<string, unknown>;
}

// `text` is valid JSON, so a string that a colon follows is the name of a member.
const tokens = /"(?:[^"\\]|\\.)*"(?=(\s*:)?)|[{}]/gs;

function hasDuplicateMember(text: string): boolean {
  const open: Set<string>[] = [];
  for (const [token, colon] of text.matchAll(tokens)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (colon !== undefined) {
      const names = open.at(-1);
      const name = JSON.parse(token) as string;
      if (names?.has(name)) return true;
      names?.add(name);
    }
  }
  return false;
}
