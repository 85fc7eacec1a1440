import { refuseUnknown } from '../option-names.ts';
import type { DpopKeyPair, PrivateKey, TokenRequest } from '../options.ts';
import { type Likeness, leastOf, likenessOf } from '../secrets/source-identity.ts';
import type { TokenRequestFacts } from '../status.ts';
import { type ClientCredential, checkCredential } from './client-credential.ts';
import { checkDpop, dpopIdOf } from './dpop-option.ts';
import { checkIssuerAddress } from './issuer-address.ts';

/** A {@link TokenRequest} checked and in canonical form. */
export interface CheckedTokenRequest {
  readonly facts: TokenRequestFacts;
  /** For whom a client assertion is. */
  readonly assertionAudience: string;
  readonly credential: ClientCredential;
  /** The key that the token is bound to; `true` for one to be made. */
  readonly dpop: DpopKeyPair | true | undefined;
  /** Parameters of the request's body but for `grant_type` and what authenticates the client. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Names the token: equal for requests that ask for the same token, whatever proves the client. The key that a token is bound to makes another token. */
  readonly canonical: string;
}

const requestOptions: Readonly<Record<keyof TokenRequest, true>> = {
  domain: true,
  issuer: true,
  tokenEndpoint: true,
  clientId: true,
  clientSecret: true,
  privateKey: true,
  clientAuthentication: true,
  dpop: true,
  audience: true,
  resource: true,
  scope: true,
  organization: true,
  parameters: true,
};

/** Parameters that have an option of their own or are the library's to set. */
const reserved = new Set([
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'audience',
  'resource',
  'scope',
  'organization',
]);

/**
 * Checks what a program wrote; `partition` as in {@link KeepOptions}.
 * @throws {TypeError} that names the option and what it should be.
 */
export function checkTokenRequest(request: TokenRequest, partition?: string): CheckedTokenRequest {
  if (typeof request !== 'object' || request === null) {
    throw new TypeError('A token request is an object such as { domain, clientId, clientSecret }.');
  }
  refuseUnknown(request, requestOptions);
  const { issuer, tokenEndpoint, audience: impliedAudience, assertionAudience } = checkIssuerAddress(request);
  const clientId = text('clientId', request.clientId);
  const credential = checkCredential(request);
  const audience = optionalText('audience', request.audience) ?? impliedAudience;
  const resource = optionalText('resource', request.resource);
  // RFC 8707 §2: an absolute URI without fragment.
  if (resource !== undefined && (!URL.canParse(resource) || resource.includes('#')))
    throw new TypeError('`resource` must be an absolute URL without fragment.');
  const organization = optionalText('organization', request.organization);
  const scope = scopeOf(request.scope);
  const parameters = { ...extraOf(request.parameters), ...given({ audience, resource, scope, organization }) };
  const sorted = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  const dpop = checkDpop(request.dpop);
  // Stores know tokens by the first four; the others are for those that no store has, or that nobody had before.
  const more = given({ dpop: dpopIdOf(dpop), partition: optionalText('partition', partition) });
  const canonical = JSON.stringify([
    tokenEndpoint ?? issuer,
    clientId,
    credential.method,
    sorted,
    ...(Object.keys(more).length === 0 ? [] : [more]),
  ]);
  const facts = { issuer, tokenEndpoint, clientId, audience, resource, scope, organization };
  return { facts, assertionAudience, credential, dpop, parameters, canonical };
}

/** How much two requests for the same token are alike in what proves their client: texts and keys by what they are, functions by what they read. */
export function likenessOfCredentials(one: CheckedTokenRequest, other: CheckedTokenRequest): Likeness {
  const [a, b] = [one.credential, other.credential];
  if ('secrets' in a && 'secrets' in b) {
    return a.secrets.length === b.secrets.length ? leastOf(a.secrets.map((secret, i) => likenessOf(secret, b.secrets[i]))) : 'other';
  }
  if ('privateKey' in a && 'privateKey' in b) return likenessOfKeys(a.privateKey, b.privateKey);
  return a.method === b.method ? 'same' : 'other';
}

function likenessOfKeys(one: PrivateKey, other: PrivateKey): Likeness {
  if (one.alg !== other.alg || one.kid !== other.kid) return 'other';
  if ('sign' in one) return 'sign' in other ? likenessOf(one.sign, other.sign) : 'other';
  return 'sign' in other ? 'other' : likenessOf(one.key, other.key);
}

function scopeOf(scope: TokenRequest['scope']): string | undefined {
  if (scope === undefined) return undefined;
  const words = typeof scope === 'string' ? scope.split(' ').filter((word) => word !== '') : scope;
  // scope-token of RFC 6749 §3.3.
  if (!Array.isArray(words) || !words.every((word) => typeof word === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(word))) {
    throw new TypeError('`scope` must be an array of scopes or a string with spaces between them.');
  }
  // The order and repetition of scopes mean nothing; one form makes one token of them.
  return words.length === 0 ? undefined : [...new Set(words)].sort().join(' ');
}

function extraOf(parameters: TokenRequest['parameters']): Record<string, string> {
  const extra = Object.entries(parameters ?? {});
  for (const [name, value] of extra) {
    if (reserved.has(name)) throw new TypeError(`\`parameters.${name}\` is set by an option of its own; leave it out of \`parameters\`.`);
    if (typeof value !== 'string') throw new TypeError(`\`parameters.${name}\` must be a string.`);
  }
  return Object.fromEntries(extra);
}

function given(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function text(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new TypeError(`\`${name}\` must be a string that is not empty.`);
  return value;
}

function optionalText(name: string, value: unknown): string | undefined {
  return value === undefined ? undefined : text(name, value);
}
