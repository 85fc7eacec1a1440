import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Now } from '../clock.ts';
import type { TokenIndex } from '../issue/token-index.ts';
import type { IssuedToken } from './issue-token.ts';

/** A token that was issued, and the body of its answer. */
export interface GivenAnswer {
  readonly issued: IssuedToken;
  readonly text: string;
  /** Of the token. */
  readonly fingerprint: string;
}

/**
 * Many programs of one client often ask in the same moment, byte for byte alike, and get the identical token anyway (contract §2.2: no `jti`). The answer to
 * such a request is kept until the second ends or anything changes that issuing reads. Only a digest of the request is kept, as it holds the secret.
 */
export class RepeatedRequests {
  readonly #index: TokenIndex;
  readonly #now: Now;
  /** Undefined of a request that came once. Most never come again, and what is kept of thousands keeps the garbage collector busy. */
  readonly #answers = new Map<string, GivenAnswer | undefined>();
  #second = 0;

  constructor({ index, now }: { index: TokenIndex; now: Now }) {
    this.#index = index;
    this.#now = now;
  }

  /** The name of a request: whatever decides on its answer goes into it, also what the index is now, as it may change before the answer is there. */
  nameOf({ headers }: IncomingMessage, body: Uint8Array): string {
    const { 'content-type': contentType = '', authorization = '' } = headers;
    // In one go, of one text: each byte of the body is a character, and no header has a line feed.
    const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1');
    return hash('sha256', `${this.#index.version}\n${contentType}\n${authorization}\n${text}`, 'base64');
  }

  /** The answer that the same request got in this second. */
  recall(name: string): GivenAnswer | undefined {
    this.#forgetOld();
    return this.#answers.get(name);
  }

  /** Keeps an answer, if the next one to the same request is bound to be equal. */
  keep(name: string, answer: GivenAnswer): void {
    const { issued } = answer;
    this.#forgetOld();
    if (issued.isRepeatable && issued.claims?.iat === this.#second) this.#answers.set(name, this.#answers.has(name) ? answer : undefined);
  }

  #forgetOld(): void {
    const second = Math.floor(this.#now() / 1000);
    if (second === this.#second) return;
    this.#second = second;
    this.#answers.clear();
  }
}
