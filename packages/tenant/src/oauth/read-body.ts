import type { IncomingMessage } from 'node:http';
import { refusals } from './oauth-refusal.ts';

/** The body of a request, whole. Rejects with an `OAuthRefusal` 413 beyond `limit` bytes, and with an error where the client goes away. */
export function readBody(message: IncomingMessage, limit: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    message.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limit) chunks.push(chunk);
      else reject(refusals.tooLarge(limit));
    });
    message.on('end', () => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)));
    message.on('error', () => reject(refusals.malformed('The request could not be read whole.')));
  });
}
