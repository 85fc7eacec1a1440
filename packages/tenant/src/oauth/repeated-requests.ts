import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Now } from '../clock.ts';
import type { TokenIndex } from '../issue/token-index.ts';
import type { IssuedToken } from './issue-token.ts';

/** A token that was issued, and the body of its answer. */
export interface GivenAnswer {
  readonly issued: IssuedToken;
  readonly text: string;
  /** Fingerprint of the token. */
  readonly fingerprint: string;
}

/**
 * Remembers the answers to token requests, for a second at most. Many programs of one client often send the same request at the same moment, and would get the
 * identical token anyway, which has no `jti`. An answer is forgotten when the second ends or when anything changes that issuing reads. Only a digest of the
 * request is kept, as the request holds the secret.
 */
export class RepeatedRequests {
  readonly #index: TokenIndex;
  readonly #now: Now;
  /** Undefined for a request that came only once. Most never come again, and thousands of kept answers would keep the garbage collector busy. */
  readonly #answers = new Map<string, GivenAnswer | undefined>();
  #second = 0;

  constructor({ index, now }: { index: TokenIndex; now: Now }) {
    this.#index = index;
    this.#now = now;
  }

  /** The name of a request. Everything that its answer depends on goes into it, also the version that the index has before the answer is made. */
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
