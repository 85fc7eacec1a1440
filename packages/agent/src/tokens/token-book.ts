import { type Clock, type Random, type TokenError, TokenKeeper } from '@evertoken/client';
import { openFileStore } from '@evertoken/client/file-store';
import { type Log, privateKeyFile, type StateFolder } from '@evertoken/service';
import { AgentError } from '../agent-error.ts';
import { sha256Of } from '../apps/app-key.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import { BookedToken } from './booked-token.ts';
import { type Explanation, explainFailure } from './explain.ts';
import type { Outbound } from './outbound.ts';
import { logTokens } from './token-log.ts';

/** The tokens of an agent by name, all kept by one keeper with one sealed file store. */
export class TokenBook {
  readonly keeper: TokenKeeper;
  readonly #tokens: ReadonlyMap<string, BookedToken>;

  constructor(keeper: TokenKeeper, tokens: readonly BookedToken[]) {
    this.keeper = keeper;
    this.#tokens = new Map(tokens.map((token) => [token.name, token]));
  }

  /** All of them, in the order of the config. */
  get tokens(): readonly BookedToken[] {
    return [...this.#tokens.values()];
  }

  find(name: string): BookedToken | undefined {
    return this.#tokens.get(name);
  }

  /** The token of which `value` is the live or a lately handed out copy. Takes the same time whichever it is. */
  findByValue(value: string): BookedToken | undefined {
    const hash = sha256Of(value);
    let found: BookedToken | undefined;
    for (const token of this.#tokens.values()) {
      if (token.isHolder(hash)) found ??= token;
    }
    return found;
  }

  /** What a failure of one of the tokens means; undefined where it names none of them. */
  explain(error: TokenError): Explanation | undefined {
    const { issuer, clientId, audience } = error.details;
    const token = this.tokens.find((candidate) => {
      const { request } = candidate.status();
      return request.issuer === issuer && request.clientId === clientId && request.audience === audience;
    });
    return token && explainFailure(error, token.config.places);
  }

  close(): Promise<void> {
    return this.keeper.close();
  }
}

/**
 * Opens the store, adopts what it holds and begins to keep every declared token.
 * @throws {AgentError} `store_unusable`
 */
export async function openTokenBook(
  config: AgentConfig,
  tools: { folder: StateFolder; outbound: Outbound; log: Log; clock: Clock; random?: Random },
): Promise<TokenBook> {
  const { folder, outbound, log, clock, random } = tools;
  const key = await privateKeyFile(folder, 'store.key', 32);
  const store = await openFileStore({ folder: config.store.folder, key }).catch((cause: Error) => {
    const step = 'Mend that folder, or name another one as `store.file.folder` in the config file.';
    throw new AgentError('store_unusable', `Tokens cannot be kept: ${cause.message}`, { step, cause });
  });
  const keeper = new TokenKeeper({ store, clock, fetch: outbound.fetch, ...(random !== undefined && { random }) });
  logTokens(keeper, config.tokens, log);
  const tokens = config.tokens.map((token) => new BookedToken(token, keeper.keep(token.request, { name: token.name }), clock));
  return new TokenBook(keeper, tokens);
}
