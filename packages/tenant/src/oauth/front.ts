import type { IncomingMessage, ServerResponse } from 'node:http';
import { jwksEndpoint, jwksPath } from './jwks-endpoint.ts';
import { type TokenEndpointParts, tokenEndpoint, tokenPath } from './token-endpoint.ts';

/**
 * Answers the two paths that machines use most, token endpoint and JWKS, directly on node:http. Returns false for any other request, and leaves it untouched.
 */
export function frontOf(parts: TokenEndpointParts): (message: IncomingMessage, response: ServerResponse) => boolean {
  const [token, jwks] = [tokenEndpoint(parts), jwksEndpoint(parts)];
  return (message, response) => {
    const { method, url = '' } = message;
    if (isAt(url, tokenPath)) token(message, response);
    else if (isAt(url, jwksPath) && (method === 'GET' || method === 'HEAD')) jwks(message, response);
    else return false;
    return true;
  };
}

function isAt(url: string, path: string): boolean {
  return url.startsWith(path) && (url.length === path.length || url[path.length] === '?');
}
