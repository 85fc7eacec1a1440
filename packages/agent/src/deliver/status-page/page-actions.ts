import { isTokenError } from '@evertoken/client';
import type { Log } from '@evertoken/service';
import type { AppDirectory } from '../../apps/app-directory.ts';
import { newAppKey } from '../../apps/app-key.ts';
import { appKeyLines } from '../../apps/app-key-lines.ts';
import { nameProblemOf } from '../../config/schema-parts.ts';
import type { BookedToken } from '../../tokens/booked-token.ts';
import { explainFailure } from '../../tokens/explain.ts';
import type { TokenBook } from '../../tokens/token-book.ts';
import { Refusal } from '../refusal.ts';
import type { MintOutcome, NewKey } from './contract.ts';

/** What a person may do on the page. */
export class PageActions {
  readonly #book: TokenBook;
  readonly #apps: AppDirectory;
  readonly #log: Log;

  constructor({ book, apps, log }: { book: TokenBook; apps: AppDirectory; log: Log }) {
    this.#book = book;
    this.#apps = apps;
    this.#log = log;
  }

  /** Mints `token` now, within the limits that apply to every mint; answers what became of it. */
  async mint(token: BookedToken): Promise<MintOutcome> {
    const before = token.status().token?.fingerprint;
    this.#log.info({ event: 'page.mint_asked', token: token.name }, `a person asks for a new ${token.name}`);
    let outcome: Awaited<ReturnType<BookedToken['mintNow']>>;
    try {
      outcome = await token.mintNow();
    } catch (error) {
      if (!isTokenError(error)) throw error;
      const { what, meaning, step } = explainFailure(error, token.config.places);
      return { isMinted: false, message: [what, meaning, step].filter((text) => text !== '').join(' ') };
    }
    if (!outcome.mayMint) {
      const seconds = Math.ceil(outcome.waitMs / 1_000);
      const why =
        token.status().lastFailure === undefined
          ? 'It was minted a moment ago, and each mint counts against the quota of the issuer.'
          : 'The last attempt failed, and the issuer is left alone for a while.';
      return { isMinted: false, message: `${why} It may be minted again in ${seconds} s.` };
    }
    const after = token.status().token?.fingerprint;
    if (after === before) return { isMinted: false, message: 'The issuer, or another agent that asks it, has no other token yet.' };
    return { isMinted: true, message: `${token.name} is now ${after}.` };
  }

  /**
   * A new key for an app that may read `tokens`; kept nowhere.
   * @throws {Refusal} 400 where the names will not do.
   */
  newKey(app: unknown, tokens: unknown): NewKey {
    const problem = typeof app === 'string' ? nameProblemOf(app) : 'is missing.';
    if (typeof app !== 'string' || problem !== undefined) throw new Refusal(400, 'invalid_app_name', `The name of an app ${problem}`);
    if (!Array.isArray(tokens) || tokens.length === 0 || !tokens.every((name) => this.#book.find(name) !== undefined)) {
      throw new Refusal(400, 'unknown_token', 'Choose at least one of the tokens that there are.');
    }
    const { key, sha256 } = newAppKey();
    this.#log.info({ event: 'page.key_made', app, is_known: this.#apps.find(app) !== undefined }, `a person made a key for ${app}`);
    return { app, key, config: appKeyLines(app, sha256, tokens as string[]) };
  }
}
