import { type StoredToken, TokenKeeper } from '@evertoken/client';
import { ManualClock } from '../manual-clock.ts';
import type { SimulatedToken } from './simulated-token.ts';

/** Learns under which key each token stands in a store, from a keeper that asks for it. */
export async function learnStoreKeys(tokens: readonly SimulatedToken[]): Promise<void> {
  for (const token of tokens) {
    await new Promise<void>((resolve) => {
      const keeper = new TokenKeeper({
        clock: new ManualClock(),
        store: {
          load: (key) => {
            token.storeKey = key;
            resolve(keeper.close());
            return Promise.resolve<StoredToken | undefined>(undefined);
          },
          save: () => Promise.resolve(),
          remove: () => Promise.resolve(),
          close: () => Promise.resolve(),
        },
        fetch: () => Promise.reject(new TypeError('Nobody is asked for a token here.')),
      });
      keeper.keep(token.request);
    });
  }
}
