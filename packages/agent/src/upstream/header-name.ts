const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** So many are remembered, of so many characters at most. */
const mostKnown = 500;
const longestKnown = 64;
const known = new Map<string, string>();

/**
 * The name of a header in lower case; undefined for what is none (RFC 9110 §5.1). The same few come with each message, in the spelling of their server,
 * and are remembered.
 */
export function headerName(text: string): string | undefined {
  const remembered = known.get(text);
  if (remembered !== undefined) return remembered;
  if (!token.test(text)) return undefined;
  const name = text.toLowerCase();
  // A copy: as a part of the head that it stood in, it would keep all of that.
  if (known.size < mostKnown && text.length <= longestKnown) known.set(Buffer.from(text, 'latin1').toString('latin1'), name);
  return name;
}
