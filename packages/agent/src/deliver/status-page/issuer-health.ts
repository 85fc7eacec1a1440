import type { Clock, TokenErrorCode, TokenKeeper } from '@evertoken/client';
import type { TokenBook } from '../../tokens/token-book.ts';
import type { IssuerStanding } from './contract.ts';

interface LastAnswer {
  readonly askedAt: number;
  readonly durationMs: number;
  readonly answer: string;
  readonly failures: number;
  readonly health: IssuerStanding['health'];
}

const ownFailures: ReadonlySet<TokenErrorCode> = new Set(['secret_unavailable', 'key_unusable', 'budget_exhausted']);

/** How each issuer answered the last request to it. */
export class IssuerHealth {
  readonly #answers = new Map<string, LastAnswer>();

  constructor(keeper: TokenKeeper, book: TokenBook, clock: Pick<Clock, 'now'>) {
    const note = (name: string, last: Pick<LastAnswer, 'durationMs' | 'answer' | 'health'>): void => {
      const issuer = book.find(name)?.status().request.issuer;
      if (issuer === undefined) return;
      const failures = last.health === 'good' ? 0 : (this.#answers.get(issuer)?.failures ?? 0) + 1;
      this.#answers.set(issuer, { ...last, durationMs: Math.round(last.durationMs), askedAt: clock.now(), failures });
    };
    keeper.on('minted', ({ name, durationMs }) => note(name, { durationMs, answer: '200', health: 'good' }));
    keeper.on('failed', ({ name, code, retryable, details, durationMs }) => {
      // A failure on our own side says nothing about the issuer.
      if (ownFailures.has(code)) return;
      note(name, { durationMs, answer: String(details.status ?? code), health: retryable ? 'failing' : 'refusing' });
    });
  }

  /** How the issuers of `book` stand, in the order of its tokens. */
  standings(book: TokenBook, now: number): readonly IssuerStanding[] {
    const pauses = new Map<string, number>();
    for (const token of book.tokens) {
      const { request, lastFailure } = token.status();
      pauses.set(request.issuer, Math.max(pauses.get(request.issuer) ?? 0, lastFailure?.nextAttemptAt ?? 0));
    }
    for (const issuer of this.#answers.keys()) if (!pauses.has(issuer)) this.#answers.delete(issuer);
    return [...pauses].map(([issuer, leftAloneUntil]) => {
      const last = this.#answers.get(issuer);
      return {
        issuer,
        health: last?.health ?? 'unknown',
        askedAt: last?.askedAt ?? null,
        durationMs: last?.durationMs ?? null,
        answer: last?.answer ?? null,
        failures: last?.failures ?? 0,
        leftAloneUntil: leftAloneUntil > now ? leftAloneUntil : null,
      };
    });
  }
}
