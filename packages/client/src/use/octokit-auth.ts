import { confidentialTarget } from './confidential-target.ts';
import { isFromTarget, replacementOf, waitOptions } from './replay.ts';
import type { GivenToken, TokenGiver } from './token-giver.ts';

/** What `auth()` of an Octokit resolves with. */
export interface KeptTokenAuthentication {
  type: 'token';
  tokenType: 'oauth';
  token: string;
}

/** What the authentication strategy needs of `@octokit/request`. */
export interface OctokitRequest<Endpoint extends OctokitEndpoint> {
  (endpoint: Endpoint): Promise<unknown>;
  readonly endpoint: {
    merge(route: unknown, parameters?: unknown): Endpoint;
    parse(endpoint: Endpoint): { url: string; body?: unknown };
  };
}

/** What the authentication strategy reads and sets of an Octokit request. */
export interface OctokitEndpoint {
  headers: { authorization?: string | undefined };
  request?: unknown;
}

/** An Octokit authentication: `octokit.auth()`, and the hook around every request. */
export interface KeptTokenAuth {
  (): Promise<KeptTokenAuthentication>;
  hook<Endpoint extends OctokitEndpoint>(request: OctokitRequest<Endpoint>, route: unknown, parameters?: unknown): Promise<unknown>;
}

/**
 * Octokit's authentication strategy with a kept token. Sends a request once more with another token after a 401, if its body can be sent again (none, or
 * at most 64 KiB of JSON, text or bytes).
 *
 * ```ts
 * new Octokit({ baseUrl, authStrategy: createKeptTokenAuth, auth: { kept } });
 * ```
 *
 * Requests reject with a `TypeError` for a URL that is neither https nor loopback, and with a `TokenError` where there is no token.
 */
export function createKeptTokenAuth({ kept }: { readonly kept: TokenGiver }): KeptTokenAuth {
  const auth = async (): Promise<KeptTokenAuthentication> => ({
    type: 'token',
    tokenType: 'oauth',
    token: (await kept.get()).accessToken,
  });
  const hook: KeptTokenAuth['hook'] = async (request, route, parameters) => {
    const endpoint = request.endpoint.merge(route, parameters);
    const { url, body } = request.endpoint.parse(endpoint);
    const target = confidentialTarget(url);
    const signal = signalOf(endpoint);
    const send = (token: GivenToken) => request({ ...endpoint, headers: { ...endpoint.headers, authorization: token.authorization } });
    const token = await kept.get(waitOptions(signal));
    try {
      return await send(token);
    } catch (error) {
      if (!isUnauthorized(error, target)) throw error;
      const other = await replacementOf(token, kept, { body: asSent(body), signal });
      if (other === undefined) throw error;
      return send(other);
    }
  };
  return Object.assign(auth, { hook });
}

function isUnauthorized(error: unknown, target: URL): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { status, response } = error as { status?: unknown; response?: { url?: string } };
  return status === 401 && isFromTarget(response?.url, target);
}

/** What the program gave as `request: { signal }`. */
function signalOf({ request }: OctokitEndpoint): AbortSignal | undefined {
  const { signal } = (request ?? {}) as { signal?: unknown };
  return signal instanceof AbortSignal ? signal : undefined;
}

/** Octokit sends plain objects and arrays as JSON. */
function asSent(body: unknown): unknown {
  const isPlain = Array.isArray(body) || Object.prototype.toString.call(body) === '[object Object]';
  return isPlain ? JSON.stringify(body) : body;
}
