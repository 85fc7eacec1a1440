import { createHash } from 'node:crypto';

/**
 * Makes the SHA-256 of Web Crypto at once while `work` goes on. They come from threads otherwise, in an order that no seed decides, and none of them may end
 * after its moment of simulated time.
 */
export async function withPromptDigests<T>(work: () => Promise<T>): Promise<T> {
  const { subtle } = crypto;
  const original = Object.getOwnPropertyDescriptor(subtle, 'digest');
  const digest = (algorithm: unknown, data: Uint8Array): Promise<ArrayBuffer> => {
    if (algorithm !== 'SHA-256') return Promise.reject(new TypeError('A fleet makes SHA-256 alone.'));
    return Promise.resolve(Uint8Array.from(createHash('sha256').update(data).digest()).buffer);
  };
  Object.defineProperty(subtle, 'digest', { value: digest, configurable: true, writable: true });
  try {
    return await work();
  } finally {
    if (original === undefined) Reflect.deleteProperty(subtle, 'digest');
    else Object.defineProperty(subtle, 'digest', original);
  }
}
