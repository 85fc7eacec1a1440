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
    let body: Buffer | undefined;
    request.on('data', (chunk: Buffer) => {
      if ((body?.length ?? 0) > longestBody) return;
      body = body === undefined ? chunk : Buffer.concat([body, chunk]);
      if (body.length > longestBody) {
        const headers = { connection: 'close' };
        reject(new Refusal(413, 'body_too_long', `The body may have at most ${longestBody} bytes here.`, { headers }));
      }
    });
    request.on('end', () => resolve(body ?? Buffer.alloc(0)));
    const cut = (): void => {
      if (!request.complete) reject(new Refusal(400, 'body_cut', 'The body broke off before its end.'));
    };
    request.on('error', cut);
    request.on('close', cut);
  });
}
