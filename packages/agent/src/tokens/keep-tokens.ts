import { type AccessToken, isTokenError, systemClock } from '@evertoken/client';
import type { Log, StateFolder } from '@evertoken/service';
import type { AgentConfig } from '../config/agent-config.ts';
import type { Explanation } from './explain.ts';
import { openOutbound } from './outbound.ts';
import { openTokenBook } from './token-book.ts';

/** Tokens that are kept in this process, without any listener. */
export interface KeptTokens {
  /**
   * The live token of that name; `signal` ends this wait, not the mint.
   * @throws {TokenError} it cannot be had; {@link explain} tells what mends it.
   */
  get(name: string, signal?: AbortSignal): Promise<AccessToken>;
  /** What a failure means and what mends it; undefined for what is no {@link TokenError} of these tokens. */
  explain(error: unknown): Explanation | undefined;
  close(): Promise<void>;
}

/**
 * Keeps the tokens of the config that `names` names as an agent does, with the same store, so that nothing is minted that is held already.
 * @throws {AgentError} `store_unusable`
 */
export async function keepTokens(
  config: AgentConfig,
  tools: { folder: StateFolder; log: Log; names: readonly string[]; extraCa?: readonly string[] },
): Promise<KeptTokens> {
  const { folder, log, names, extraCa } = tools;
  const outbound = openOutbound(config.outbound, systemClock, extraCa);
  try {
    const wanted = { ...config, tokens: config.tokens.filter((token) => names.includes(token.name)) };
    const book = await openTokenBook(wanted, { folder, outbound, log, clock: systemClock });
    return {
      async get(name, signal) {
        const token = book.find(name);
        if (token === undefined) throw new TypeError(`${name} is none of the tokens that are kept`);
        return await token.get(signal === undefined ? {} : { signal });
      },
      explain: (error) => (isTokenError(error) ? book.explain(error) : undefined),
      async close() {
        await book.close();
        await outbound.close();
      },
    };
  } catch (error) {
    await outbound.close();
    throw error;
  }
}
