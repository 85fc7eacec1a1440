/** Longest answer read, bytes after decoding: a token answer has a few thousand. */
const LONGEST = 1_048_576;

/** The body was longer than any token answer. */
export class BodyTooLongError extends Error {
  override readonly name: string = 'BodyTooLongError';
}

/**
 * Reads a body as text, 1 MiB at most (decoded, so that a small compressed one cannot grow large).
 * @throws {BodyTooLongError}
 */
export async function readBoundedText(response: Response): Promise<string> {
  if (response.body === null) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let length = 0;
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      length += value.byteLength;
      if (length > LONGEST) throw new BodyTooLongError(`The answer is longer than ${LONGEST} bytes.`);
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    // Frees the connection where the body was left in the middle; nothing happens where it was read whole.
    await reader.cancel().catch(() => undefined);
  }
}
