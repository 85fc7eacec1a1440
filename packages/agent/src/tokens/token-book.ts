import { type Clock, type Random, type TokenError, TokenKeeper, type TokenStore } from '@evertoken/client';
import { openFileStore } from '@evertoken/client/file-store';
import { type Log, privateKeyFile, type StateFolder } from '@evertoken/service';
import { AgentError } from '../agent-error.ts';
import type { AgentConfig, TokenConfig } from '../config/agent-config.ts';
import { sha256Of } from '../sha256.ts';
import { BookedToken } from './booked-token.ts';
import { type Explanation, explainFailure } from './explain.ts';
import type { Outbound } from './outbound.ts';
import { type FleetStore, openSharedStore, placeOf } from './shared-store.ts';
import { logTokens } from './token-log.ts';

/** How often to check whether somebody still waits for a token that is no longer in the config, ms. */
const endCheckMs = 250;

/** The tokens of an agent by name, all kept by one keeper with one store. */
export class TokenBook {
  readonly keeper: TokenKeeper;
  /** What a fleet shares its tokens through, if it does. */
  readonly shared: FleetStore | undefined;
  readonly #clock: Clock;
  #tokens: ReadonlyMap<string, BookedToken> = new Map();

  constructor(keeper: TokenKeeper, clock: Clock, shared: FleetStore | undefined) {
    this.keeper = keeper;
    this.shared = shared;
    this.#clock = clock;
  }

  /**
   * From now on keeps these tokens and no others. A token whose request is unchanged keeps what it holds, and uses the new secret. A token that is gone ends
   * when nobody waits for it any more.
   */
  replace(configs: readonly TokenConfig[]): void {
    const before = this.#tokens;
    const booked = configs.map((config) => {
      const kept = this.keeper.keep(config.request, { name: config.name });
      const known = before.get(config.name);
      return known?.take(config, kept) === true ? known : new BookedToken(config, kept, this.#clock);
    });
    this.#tokens = new Map(booked.map((token) => [token.name, token]));
    for (const token of before.values()) this.#endWhenIdle(token);
  }

  #endWhenIdle(token: BookedToken): void {
    // A later config may have it again.
    if (this.tokens.some((other) => other.sharesWith(token))) return;
    if (token.status().waiters === 0) void token.end();
    else this.#clock.setTimer(() => this.#endWhenIdle(token), endCheckMs);
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
  tools: {
    folder: StateFolder;
    outbound: Outbound;
    log: Log;
    clock: Clock;
    random?: Random | undefined;
    /** How long a token must live in all to be taken up from `folder`, s. Default: however long. */
    heldLifetimeSeconds?: number | undefined;
  },
): Promise<TokenBook> {
  const { folder, outbound, log, clock, random } = tools;
  const { policy } = config;
  const fileStore = await openLocalStore(config.store.folder, folder);
  const localStore = tools.heldLifetimeSeconds === undefined ? fileStore : ofLifetime(tools.heldLifetimeSeconds, fileStore);
  const { shared: wanted } = config.store;
  const shared = wanted && (await openSharedStore(wanted, { clock, commandTimeoutMs: policy.storeWaitMs }));
  const stores = shared === undefined ? { store: localStore } : { store: shared, localStore };
  const keeper = new TokenKeeper({ ...stores, clock, policy, fetch: outbound.fetch, ...(random !== undefined && { random }) });
  const book = new TokenBook(keeper, clock, shared);
  logTokens(keeper, (name) => book.find(name)?.config.places, log);
  if (wanted !== undefined)
    log.info(
      { event: 'store.shared', kind: wanted.kind, place: placeOf(wanted), writer: shared?.writer },
      `tokens are shared through ${placeOf(wanted)}`,
    );
  book.replace(config.tokens);
  return book;
}

async function openLocalStore(tokens: string, folder: StateFolder): Promise<TokenStore> {
  const key = await privateKeyFile(folder, 'store.key', 32);
  return await openFileStore({ folder: tokens, key }).catch((cause: Error) => {
    const step = 'Mend that folder, or name another one as `store.file.folder` in the config file.';
    throw new AgentError('store_unusable', { problem: `Tokens cannot be kept: ${cause.message}`, step, cause });
  });
}

/** The same store, in which only tokens are found that live for so long in all. */
function ofLifetime(seconds: number, store: TokenStore): TokenStore {
  return {
    async load(key) {
      const token = await store.load(key);
      return token?.lifetimeMs === seconds * 1_000 ? token : undefined;
    },
    save: (key, token) => store.save(key, token),
    remove: (key) => store.remove(key),
    close: () => store.close(),
  };
}
