import { basename } from 'node:path';
import { isTokenError } from '@evertoken/client';
import type { Log } from '@evertoken/service';
import type { AppDirectory } from '../../apps/app-directory.ts';
import { newAppKey } from '../../apps/app-key.ts';
import { appKeyLines } from '../../apps/app-key-lines.ts';
import { readConfiguredNames } from '../../config/configured-names.ts';
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
  readonly #configFile: () => string | undefined;

  /** `configFile`: path of the config; undefined where there is none. */
  constructor({
    book,
    apps,
    log,
    configFile,
  }: {
    book: TokenBook;
    apps: AppDirectory;
    log: Log;
    configFile: () => string | undefined;
  }) {
    this.#book = book;
    this.#apps = apps;
    this.#log = log;
    this.#configFile = configFile;
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
   * A new key for an app that may read `tokens`, with its lines as they fit into the config file; kept nowhere.
   * @throws {Refusal} 400 where the names will not do.
   */
  async newKey(app: unknown, tokens: unknown): Promise<NewKey> {
    const problem = typeof app === 'string' ? nameProblemOf(app) : 'is missing.';
    if (typeof app !== 'string' || problem !== undefined) throw new Refusal(400, 'invalid_app_name', `The name of an app ${problem}`);
    if (!Array.isArray(tokens) || tokens.length === 0 || !tokens.every((name) => this.#book.find(name) !== undefined)) {
      throw new Refusal(400, 'unknown_token', 'Choose at least one of the tokens that there are.');
    }
    const file = this.#configFile();
    // A file that is just being written is no reason to refuse a key, nor is a pipe, which has given what it held.
    const names = file === undefined ? undefined : await readConfiguredNames(file, { isReload: true }).catch(() => undefined);
    const { key, sha256 } = newAppKey();
    const place = { file: basename(file ?? 'evertoken.yaml'), apps: names?.apps };
    const { where, lines } = appKeyLines({ app, sha256, tokens: tokens as string[] }, place);
    this.#log.info({ event: 'page.key_made', app, is_known: this.#apps.find(app) !== undefined }, `a person made a key for ${app}`);
    return { app, key, where, config: lines };
  }
}
