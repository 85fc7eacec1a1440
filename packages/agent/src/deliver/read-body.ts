import type { IncomingMessage } from 'node:http';
import type { Clock, Timer } from '@evertoken/client';
import { Refusal } from './refusal.ts';

/** Longest body outside the proxy, bytes. */
export const longestBody: number = 16_384;
/** How long the body may take to arrive: a program that sends none would keep a connection from others. */
const patienceMs = 5_000;

/**
 * The body of a request, whole.
 * @throws {Refusal} 413 for one above 16 KiB, 408 for one that has not come within 5 s, 400 for one that breaks off.
 */
export function readBody(request: IncomingMessage, clock: Pick<Clock, 'setTimer'>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let body: Buffer | undefined;
    let timer: Timer | undefined;
    let isOver = false;
    // Most bodies come with their head, and are there before a timer would be needed.
    queueMicrotask(() => {
      if (isOver || request.complete) return;
      timer = clock.setTimer(() => {
        const headers = { connection: 'close' };
        reject(new Refusal(408, 'body_too_slow', `The body has to come within ${patienceMs / 1_000} s here.`, { headers }));
      }, patienceMs);
    });
    const end = (): void => {
      isOver = true;
      timer?.cancel();
    };
    request.on('data', (chunk: Buffer) => {
      if ((body?.length ?? 0) > longestBody) return;
      body = body === undefined ? chunk : Buffer.concat([body, chunk]);
      if (body.length > longestBody) {
        const headers = { connection: 'close' };
        reject(new Refusal(413, 'body_too_long', `The body may have at most ${longestBody} bytes here.`, { headers }));
      }
    });
    request.on('end', () => {
      end();
      resolve(body ?? Buffer.alloc(0));
    });
    const cut = (): void => {
      if (isOver) return;
      end();
      reject(new Refusal(400, 'body_cut', 'The body broke off before its end.'));
    };
    request.on('error', cut);
    request.on('close', cut);
    // Something else may have been waited for before, and the program have left meanwhile: then none of these events comes any more.
    if (request.destroyed) cut();
  });
}
