import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal.ts';

/** Longest body outside the proxy, bytes. */
export const longestBody: number = 16_384;

/**
 * The body of a request, whole.
 * @throws {Refusal} 413 for one above 16 KiB, 400 for one that breaks off.
 */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= longestBody) chunks.push(chunk);
      else {
        const headers = { connection: 'close' };
        reject(new Refusal(413, 'body_too_long', `The body may have at most ${longestBody} bytes here.`, { headers }));
      }
    });
    request.once('end', () => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)));
    request.once('error', () => reject(new Refusal(400, 'body_cut', 'The body broke off before its end.')));
    request.once('close', () => reject(new Refusal(400, 'body_cut', 'The body broke off before its end.')));
  });
}
