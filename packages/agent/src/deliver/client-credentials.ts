import { Refusal } from './refusal.ts';
import type { TokenParameters } from './token-request-body.ts';

/** How a program presents itself at the token endpoint. */
export interface ClientCredentials {
  readonly id: string;
  readonly secret: string;
  /** Whether they came by HTTP Basic. */
  readonly isBasic: boolean;
}

/**
 * Name and key that a program sends by HTTP Basic or in the body (RFC 6749 §2.3.1). Undefined where it sends neither, which is allowed only with
 * `mayBeMissing`.
 * @throws {Refusal} `invalid_request` where both are used at once; 401 `access_denied` where there are none.
 */
export function clientCredentialsOf(
  authorization: string | undefined,
  parameters: TokenParameters,
  mayBeMissing: boolean,
): ClientCredentials | undefined {
  const id = parameters.get('client_id');
  const secret = parameters.get('client_secret');
  const basic = authorization === undefined ? undefined : /^basic +([\w+/-]*=*)$/i.exec(authorization)?.[1];
  if (authorization !== undefined && basic === undefined) throw unauthorizedClient(true);
  if (basic === undefined) {
    if (mayBeMissing && id === undefined && secret === undefined) return undefined;
    if (typeof id !== 'string' || typeof secret !== 'string' || id === '' || secret === '') throw unauthorizedClient(false);
    return { id, secret, isBasic: false };
  }
  const fromHeader = readBasic(basic);
  if (secret !== undefined || (id !== undefined && id !== fromHeader.id)) {
    throw new Refusal(
      400,
      'invalid_request',
      'The client presents itself twice; use either HTTP Basic or client_id and client_secret in the body.',
    );
  }
  return { ...fromHeader, isBasic: true };
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
    const given = { id: decode(text.slice(0, colonAt)), secret: decode(text.slice(colonAt + 1)) };
    if (given.id === '' || given.secret === '') throw new URIError('half of it is missing');
    return given;
  } catch {
    throw unauthorizedClient(true);
  }
}
