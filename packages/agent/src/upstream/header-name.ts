const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** How many names are remembered, and how long each may be, in characters. */
const mostKnown = 500;
const longestKnown = 64;
const known = new Map<string, string>();

/**
 * The name of a header in lower case; undefined for a text that cannot be one (RFC 9110 §5.1). Each server sends the same few names in the same spelling,
 * so they are remembered.
 */
export function headerName(text: string): string | undefined {
  const remembered = known.get(text);
  if (remembered !== undefined) return remembered;
  if (!token.test(text)) return undefined;
  const name = text.toLowerCase();
  // A copy: a part of the head's text would keep the whole head in memory.
  if (known.size < mostKnown && text.length <= longestKnown) known.set(Buffer.from(text, 'latin1').toString('latin1'), name);
  return name;
}
