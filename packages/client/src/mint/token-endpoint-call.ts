import type { Fetch } from '../options.ts';
import type { ClientProof } from './client-proof.ts';

/** A token request (RFC 6749 §4.4.2) with all that goes into it. */
export interface TokenEndpointCall {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly clientId: string;
  /** Of the body, but for `grant_type` and what authenticates the client. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly authenticate: ClientProof['authenticate'];
}

/** A key that tokens are bound to; a `DpopKey` is one. */
export interface BindingKey {
  /** What sends a token request with a proof of it (RFC 9449 §5). */
  requests(): Promise<{ askForToken(call: TokenEndpointCall, fetch: Fetch, signal: AbortSignal): Promise<Response> }>;
}

/** Sends it. No redirect is followed: the secret is for this address alone. */
export async function callTokenEndpoint(call: TokenEndpointCall, fetch: Fetch, signal: AbortSignal): Promise<Response> {
  const { tokenEndpoint, clientId, parameters, authenticate } = call;
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...parameters });
  const headers = new Headers({
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
    'user-agent': 'evertoken',
  });
  await authenticate({ clientId, body, headers });
  return fetch(tokenEndpoint, { method: 'POST', headers, body, redirect: 'manual', signal });
}
