import type { ClientAuthenticationMethod, SecretSource, TokenRequest } from '../options.ts';
import type { TokenRequestFacts } from '../status.ts';

/** A {@link TokenRequest} checked and in canonical form. */
export interface CheckedTokenRequest {
  readonly facts: TokenRequestFacts;
  readonly clientSecret: SecretSource;
  readonly clientAuthentication: ClientAuthenticationMethod;
  /** Parameters of the request's body but for `grant_type` and what authenticates the client. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Names the token: equal for requests that ask for the same token, whatever the secret. */
  readonly canonical: string;
}

/** Parameters that have an option of their own or are the library's to set. */
const reserved = new Set([
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'audience',
  'scope',
  'organization',
]);

/**
 * Checks what a program wrote.
 * @throws {TypeError} that names the option and what it should be.
 */
export function checkTokenRequest(request: TokenRequest): CheckedTokenRequest {
  if (typeof request !== 'object' || request === null)
    throw new TypeError('A token request is an object such as { domain, clientId, clientSecret }.');
  const endpoint = endpointOf(request);
  const clientId = text('clientId', request.clientId);
  const { clientSecret, clientAuthentication = 'client_secret_post' } = request;
  if (typeof clientSecret !== 'function') text('clientSecret', clientSecret);
  if (clientAuthentication !== 'client_secret_post' && clientAuthentication !== 'client_secret_basic') {
    throw new TypeError('`clientAuthentication` must be "client_secret_post" or "client_secret_basic".');
  }
  const audience = optionalText('audience', request.audience) ?? endpoint.audience;
  const organization = optionalText('organization', request.organization);
  const scope = scopeOf(request.scope);
  const extra = extraOf(request.parameters);
  const parameters = { ...extra, ...given({ audience, scope, organization }) };
  const canonical = JSON.stringify([
    endpoint.url,
    clientId,
    clientAuthentication,
    Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
  return {
    facts: { tokenEndpoint: endpoint.url, clientId, audience, scope, organization },
    clientSecret,
    clientAuthentication,
    parameters,
    canonical,
  };
}

/** Whether `url` may carry a secret or a token: https, or http that does not leave the machine. */
export function isConfidential(url: URL): boolean {
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
}

function endpointOf({ domain, tokenEndpoint }: TokenRequest): { url: string; audience: string | undefined } {
  if ((domain === undefined) === (tokenEndpoint === undefined)) {
    throw new TypeError('Name the issuer by exactly one of `domain` (Auth0, such as "acme.eu.auth0.com") and `tokenEndpoint` (a URL).');
  }
  if (domain !== undefined) {
    if (typeof domain !== 'string' || !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/i.test(domain) || !URL.canParse(`https://${domain}/`)) {
      throw new TypeError('`domain` must be a host such as "acme.eu.auth0.com", with no scheme and no path.');
    }
    const origin = new URL(`https://${domain}/`).origin;
    return { url: `${origin}/oauth/token`, audience: `${origin}/api/v2/` };
  }
  if (typeof tokenEndpoint !== 'string' || !URL.canParse(tokenEndpoint)) throw new TypeError('`tokenEndpoint` must be an absolute URL.');
  const url = new URL(tokenEndpoint);
  if (!isConfidential(url)) throw new TypeError('`tokenEndpoint` must be https (http only to a loopback address): a secret travels to it.');
  if (url.username || url.password || url.hash)
    throw new TypeError('`tokenEndpoint` must have no user, password or fragment (RFC 6749 §3.2).');
  return { url: url.href, audience: undefined };
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
