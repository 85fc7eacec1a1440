import type { Fetch } from '../options.ts';

/**
 * undici's `fetch` with a dispatcher of the program's (proxy, private CA, client certificate), for the keeper's `fetch` option:
 * `new TokenKeeper({ fetch: withDispatcher(fetch, new EnvHttpProxyAgent()) })`. Both must be of the same undici.
 */
export function withDispatcher(fetch: (url: string, init: never) => Promise<unknown>, dispatcher: object): Fetch {
  // The types of undici and those of the global fetch differ from version to version; what they describe does not.
  return (url, init) => fetch(url, { ...init, dispatcher } as never) as Promise<Response>;
}
