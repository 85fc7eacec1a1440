/** Text from elsewhere without control characters, so that it cannot move the cursor, recolour or rename the terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, (character) => (character === '\n' || character === '\t' ? character : '�'));
}
