import { hash } from 'node:crypto';

/** SHA-256 of a key or token: what is kept and compared in its place. */
export function sha256Of(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
