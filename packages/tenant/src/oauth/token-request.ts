import { basicCredentials } from './basic-credentials.ts';
import { bodyParameters, type Parameters } from './body-parameters.ts';
import { refusals } from './oauth-refusal.ts';

/** A well-formed request of the grant client_credentials (RFC 6749 §4.4.2; contract §1.1). */
export interface TokenRequest {
  readonly clientId: string;
  /** Undefined where the client sent none. */
  readonly clientSecret: string | undefined;
  readonly audience: string | undefined;
  /** Undefined: all that is granted. */
  readonly scope: readonly string[] | undefined;
  readonly organization: string | undefined;
}

/** Reads a token request. Throws {@link OAuthRefusal}, rows 8, 9 and 10 of contract §1.4 or `invalid_request`. */
export function parseTokenRequest(request: {
  contentType: string | undefined;
  authorization: string | undefined;
  body: Uint8Array;
}): TokenRequest {
  const parameters = bodyParameters(request.contentType, request.body);
  const grantType = stringOf(parameters, 'grant_type');
  if (grantType === undefined) throw refusals.missingParameter('grant_type');
  if (grantType !== 'client_credentials') throw refusals.unsupportedGrantType();
  return {
    ...credentialsOf(parameters, request.authorization),
    audience: stringOf(parameters, 'audience'),
    scope: scopeOf(parameters.get('scope')),
    organization: stringOf(parameters, 'organization'),
  };
}

// Unverified (contract §9.5): whichever of the two transports comes is taken, whatever the client is configured for.
function credentialsOf(parameters: Parameters, authorization: string | undefined): Pick<TokenRequest, 'clientId' | 'clientSecret'> {
  const clientId = stringOf(parameters, 'client_id');
  const clientSecret = stringOf(parameters, 'client_secret');
  const basic = basicCredentials(authorization);
  if (basic === 'malformed') throw refusals.unauthorized();
  if (basic === undefined) {
    if (clientId === undefined) throw refusals.missingParameter('client_id');
    return { clientId, clientSecret };
  }
  // RFC 6749 §2.3: one method a request.
  if (clientSecret !== undefined) throw refusals.malformed('The client authenticates in two ways at once; use one of them.');
  if (clientId !== undefined && clientId !== basic.clientId)
    throw refusals.malformed('client_id and Authorization name different clients.');
  return basic;
}

function stringOf(parameters: Parameters, name: string): string | undefined {
  const value = parameters.get(name);
  if (value === undefined || typeof value === 'string') return value;
  throw refusals.malformed(`Parameter ${name} must be a string.`);
}

function scopeOf(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const parts: unknown[] = Array.isArray(value) ? value : [value];
  if (!parts.every((part) => typeof part === 'string')) throw refusals.scopeOfWrongType();
  const scopes = parts.flatMap((part) => part.split(' ')).filter((scope) => scope !== '');
  return scopes.length === 0 ? undefined : [...new Set(scopes)];
}
