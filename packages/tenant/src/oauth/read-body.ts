import type { IncomingMessage } from 'node:http';
import { refusals } from './oauth-refusal.ts';

/**
 * Reads the body of a request and calls `onBody` with all of it. Calls `onFault` in place of that where the body is longer than `limit` bytes, with an
 * `OAuthRefusal` 413, or where the client goes away. One of the two is called, once.
 */
export function readBody(
  message: IncomingMessage,
  limit: number,
  onBody: (body: Uint8Array) => void,
  onFault: (error: Error) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isOver = false;
  const fail = (error: Error): void => {
    if (isOver) return;
    isOver = true;
    onFault(error);
  };
  message.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= limit) chunks.push(chunk);
    else fail(refusals.tooLarge(limit));
  });
  message.on('end', () => {
    if (isOver) return;
    isOver = true;
    onBody(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks));
  });
  message.on('error', () => fail(refusals.malformed('The request could not be read whole.')));
}
