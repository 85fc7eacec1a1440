import { type BasicCredentials, basicCredentials } from './basic-credentials.ts';
import { bodyParameters, type Parameters } from './body-parameters.ts';
import { refusals } from './oauth-refusal.ts';

/** How a client proves who it is. */
export type ClientProof =
  /** What can be meant by the secret that was sent; one that is right is enough. */
  | { readonly kind: 'secret'; readonly readings: readonly BasicCredentials[] }
  | { readonly kind: 'assertion'; readonly assertion: string }
  | { readonly kind: 'none' };

/** A well-formed request of the grant client_credentials (RFC 6749 §4.4.2). */
export interface TokenRequest {
  /** Undefined only where an assertion names the client. */
  readonly clientId: string | undefined;
  readonly proof: ClientProof;
  readonly audience: string | undefined;
  /** The values of `resource` (RFC 8707). They matter only where the tenant's settings say so. */
  readonly resources: readonly string[];
  /** Undefined: the client wants all that it is granted. */
  readonly scope: readonly string[] | undefined;
  readonly organization: string | undefined;
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Reads a token request. Throws {@link OAuthRefusal} `invalid_request`, `invalid_scope` or `unsupported_grant_type`. */
export function parseTokenRequest(request: {
  contentType: string | undefined;
  authorization: string | undefined;
  body: Uint8Array;
}): TokenRequest {
  const parameters = bodyParameters(request.contentType, request.body);
  const grantType = stringOf(parameters, 'grant_type');
  if (grantType === undefined) throw refusals.missingParameter('grant_type');
  if (grantType !== 'client_credentials') throw refusals.unsupportedGrantType();
  const { clientId, proof } = clientOf(parameters, request.authorization);
  return {
    clientId,
    proof,
    audience: stringOf(parameters, 'audience'),
    resources: resourcesOf(parameters.get('resource')),
    scope: scopeOf(parameters.get('scope')),
    organization: stringOf(parameters, 'organization'),
  };
}

// Whichever of the two transports of a secret comes is taken, whatever the client is configured for. Not seen on Auth0 itself.
function clientOf(parameters: Parameters, authorization: string | undefined): Pick<TokenRequest, 'clientId' | 'proof'> {
  const clientId = stringOf(parameters, 'client_id');
  const secret = stringOf(parameters, 'client_secret');
  const assertion = assertionOf(parameters);
  const basic = basicCredentials(authorization);
  if (basic === 'malformed') throw refusals.unauthorized();
  // RFC 6749 §2.3: one method a request.
  if (Number(basic !== undefined) + Number(secret !== undefined) + Number(assertion !== undefined) > 1)
    throw refusals.malformed('The client authenticates in two ways at once; use one of them.');
  if (basic !== undefined) {
    const readings = basic.filter((reading) => clientId === undefined || clientId === reading.clientId);
    if (readings[0] === undefined) throw refusals.malformed('client_id and Authorization name different clients.');
    return { clientId: readings[0].clientId, proof: { kind: 'secret', readings } };
  }
  if (assertion !== undefined) return { clientId, proof: { kind: 'assertion', assertion } };
  if (clientId === undefined) throw refusals.missingParameter('client_id');
  return { clientId, proof: secret === undefined ? { kind: 'none' } : { kind: 'secret', readings: [{ clientId, clientSecret: secret }] } };
}

function assertionOf(parameters: Parameters): string | undefined {
  const assertion = stringOf(parameters, 'client_assertion');
  const type = stringOf(parameters, 'client_assertion_type');
  if (assertion === undefined && type === undefined) return undefined;
  if (assertion === undefined) throw refusals.missingParameter('client_assertion');
  if (type === undefined) throw refusals.missingParameter('client_assertion_type');
  if (type !== assertionType) throw refusals.malformed(`client_assertion_type must be ${assertionType}.`);
  return assertion;
}

function resourcesOf(value: unknown): readonly string[] {
  const values: unknown[] = value === undefined ? [] : Array.isArray(value) ? value : [value];
  if (values.every((one) => typeof one === 'string')) return values;
  throw refusals.malformed('Parameter resource must be a string.');
}

function stringOf(parameters: Parameters, name: string): string | undefined {
  const value = parameters.get(name);
  if (value === undefined || typeof value === 'string') return value;
  throw refusals.malformed(`Parameter ${name} must be a string.`);
}

function scopeOf(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') return scopesOf(value.split(' '));
  const parts: unknown[] = Array.isArray(value) ? value : [value];
  if (!parts.every((part) => typeof part === 'string')) throw refusals.scopeOfWrongType();
  return scopesOf(parts.flatMap((part) => part.split(' ')));
}

/** The scopes in the order of the request, each once. */
function scopesOf(texts: readonly string[]): readonly string[] | undefined {
  const scopes = new Set(texts);
  scopes.delete('');
  return scopes.size === 0 ? undefined : [...scopes];
}
