import type { TokenGiver } from './token-giver.ts';

/**
 * The `Authorization` header as a function, for clients that ask for headers before each request or connection.
 *
 * ```ts
 * const headers = authorizationHeaders(kept);
 * await graphqlClient.request(query, variables, await headers());
 * ```
 */
export function authorizationHeaders(giver: Pick<TokenGiver, 'get'>): () => Promise<{ authorization: string }> {
  return async () => ({ authorization: (await giver.get()).authorization });
}
