import { Refusal } from './refusal.ts';
import type { TokenParameters } from './token-request-body.ts';

/**
 * Name and key with which a program presents itself: HTTP Basic or in the body (RFC 6749 §2.3.1).
 * @throws {Refusal} `invalid_request` where both are used at once; 401 `access_denied` where there are none.
 */
export function clientCredentialsOf(authorization: string | undefined, parameters: TokenParameters): { id: string; secret: string } {
  const id = parameters.get('client_id');
  const secret = parameters.get('client_secret');
  const basic = /^basic +([\w+/-]*=*)$/i.exec(authorization ?? '')?.[1];
  if (authorization !== undefined && basic === undefined) throw unauthorizedClient(true);
  if (basic === undefined) {
    if (typeof id !== 'string' || typeof secret !== 'string') throw unauthorizedClient(false);
    return { id, secret };
  }
  const fromHeader = readBasic(basic);
  if (secret !== undefined || (id !== undefined && id !== fromHeader.id)) {
    throw new Refusal(
      400,
      'invalid_request',
      'The client presents itself twice; use either HTTP Basic or client_id and client_secret in the body.',
    );
  }
  return fromHeader;
}

/** Unknown app or wrong key, in Auth0's words. */
export function unauthorizedClient(byHeader: boolean): Refusal {
  const challenge = { 'www-authenticate': 'Basic realm="evertoken"' };
  return new Refusal(401, 'access_denied', 'Unauthorized', byHeader ? { headers: challenge } : {});
}

function readBasic(encoded: string): { id: string; secret: string } {
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colonAt = text.indexOf(':');
  try {
    if (colonAt === -1) throw new URIError('no colon');
    const decode = (part: string): string => decodeURIComponent(part.replaceAll('+', ' '));
    return { id: decode(text.slice(0, colonAt)), secret: decode(text.slice(colonAt + 1)) };
  } catch {
    throw unauthorizedClient(true);
  }
}
