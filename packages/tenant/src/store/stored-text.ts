// PostgreSQL stores no NUL in a text, and libsql reads a text only up to a NUL. So a NUL is written as two characters of a private use block. Where the
// first of these two is in a text itself, it is written as two characters in the same way.
const mark = '\uE000';
const ofMark = '\uE000\uE001';
const ofNul = '\uE000\uE002';

/** `text` as it stands in the database. */
export function storedText(text: string): string {
  if (!text.includes('\0') && !text.includes(mark)) return text;
  return text.replaceAll(mark, ofMark).replaceAll('\0', ofNul);
}

/** The text that stands in the database as `stored`. */
export function textOf(stored: string): string {
  return stored.includes(mark) ? stored.replaceAll(ofNul, '\0').replaceAll(ofMark, mark) : stored;
}

/** `convert`, which remembers its last answer: of entries that are kept together many have a text that is one and the same. */
export function rememberingLast(convert: (text: string) => string): (text: string) => string {
  let [last, converted] = ['', convert('')];
  return (text) => {
    if (text !== last) [last, converted] = [text, convert(text)];
    return converted;
  };
}
