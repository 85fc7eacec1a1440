import type { TokenRequest } from '../options.ts';

/** Where tokens are asked for. */
export interface IssuerAddress {
  /** Identifier of the issuer, with the slash that Auth0 and most others end it with where only a host was given. */
  readonly issuer: string;
  /** Undefined where the issuer's metadata names it. */
  readonly tokenEndpoint: string | undefined;
  /** The audience that goes without saying. */
  readonly audience: string | undefined;
  /** What a client assertion names as the issuer it is for (RFC 7523 §3): its identifier, or the token endpoint where that alone is known. */
  readonly assertionAudience: string;
}

/**
 * Reads which issuer a request names.
 * @throws {TypeError} that names the option and what it should be.
 */
export function checkIssuerAddress({ domain, issuer, tokenEndpoint }: TokenRequest): IssuerAddress {
  if ([domain, issuer, tokenEndpoint].filter((name) => name !== undefined).length !== 1) {
    throw new TypeError(
      'Name the issuer by exactly one of `domain` (Auth0, such as "acme.eu.auth0.com"), `issuer` and `tokenEndpoint` (URLs).',
    );
  }
  if (domain !== undefined) {
    if (typeof domain !== 'string' || !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/i.test(domain) || !URL.canParse(`https://${domain}/`)) {
      throw new TypeError('`domain` must be a host such as "acme.eu.auth0.com", with no scheme and no path.');
    }
    const { origin } = new URL(`https://${domain}/`);
    const named = `${origin}/`;
    return { issuer: named, tokenEndpoint: `${origin}/oauth/token`, audience: `${origin}/api/v2/`, assertionAudience: named };
  }
  if (issuer !== undefined) {
    const { search } = checkUrl('issuer', issuer);
    if (search !== '') throw new TypeError('`issuer` must have no query (RFC 8414 §2).');
    return { issuer, tokenEndpoint: undefined, audience: undefined, assertionAudience: issuer };
  }
  const url = checkUrl('tokenEndpoint', tokenEndpoint);
  return { issuer: `${url.origin}/`, tokenEndpoint: url.href, audience: undefined, assertionAudience: url.href };
}

/** Whether `url` may carry a secret or a token: https, or http that does not leave the machine. */
export function isConfidential(url: URL): boolean {
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
}

function checkUrl(name: string, value: unknown): URL {
  if (typeof value !== 'string' || !URL.canParse(value)) throw new TypeError(`\`${name}\` must be an absolute URL.`);
  const url = new URL(value);
  if (!isConfidential(url)) throw new TypeError(`\`${name}\` must be https (http only to a loopback address): a secret travels to it.`);
  if (url.username || url.password || url.hash) throw new TypeError(`\`${name}\` must have no user, password or fragment (RFC 6749 §3.2).`);
  return url;
}
