import type { TokenGiver } from './token-giver.ts';

/**
 * The token as a function, for SDKs that ask for it before each request, such as the `token` option of node-auth0.
 * Such an SDK tells nobody about a 401: where it takes a `fetch` too, `kept.fetch` replaces a rejected token.
 *
 * ```ts
 * new ManagementClient({ domain, token: tokenSupplier(kept) });
 * ```
 */
export function tokenSupplier(giver: Pick<TokenGiver, 'get'>): () => Promise<string> {
  return async () => (await giver.get()).accessToken;
}
