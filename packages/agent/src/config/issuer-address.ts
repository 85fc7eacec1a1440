/** Why `domain` is no issuer's domain; undefined where it is one. */
export function problemOfDomain(domain: string): string | undefined {
  const bare = domain.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  if (bare !== domain) return `\`${domain}\` is to be a host alone, without https:// and path: \`${bare}\``;
  return /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d{1,5})?$/.test(domain) || /^\[[0-9a-fA-F:]+\](?::\d{1,5})?$/.test(domain)
    ? undefined
    : `\`${domain}\` is no host name; it looks like \`acme.eu.auth0.com\``;
}

/** Why a token may not be sent to `url`; undefined where it may: https, or http to a loopback address. */
export function problemOfTarget(url: string): string | undefined {
  if (!URL.canParse(url)) return `\`${url}\` is no URL; it looks like \`https://login.example.com/oauth/token\``;
  const { protocol, hostname, username, password } = new URL(url);
  if (username !== '' || password !== '') return 'the URL must not hold a user name or password';
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback)) return undefined;
  return `\`${url}\` is to begin with https:// (http:// only for a loopback address)`;
}

/** Origin that an audience names as its API; undefined for an audience that is no URL one may send a token to. */
export function apiOriginOf(audience: string | undefined): string | undefined {
  return audience !== undefined && problemOfTarget(audience) === undefined ? new URL(audience).origin : undefined;
}
