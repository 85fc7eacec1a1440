// A user name and password in what is quoted would stand in each log.
const withoutUser = (address: string): string => address.replace(/^([a-z]*:?\/\/)?.*@/i, '$1');

/** Why `domain` cannot be the domain of an issuer; undefined where it can. */
export function problemOfDomain(given: string): string | undefined {
  const domain = withoutUser(given);
  if (domain !== given) return `\`${domain}\` must not have a user name or password before it`;
  const bare = domain.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  if (bare !== domain) return `\`${domain}\` is to be a host alone, without https:// and path: \`${bare}\``;
  return /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d{1,5})?$/.test(domain) || /^\[[0-9a-fA-F:]+\](?::\d{1,5})?$/.test(domain)
    ? undefined
    : `\`${domain}\` is no host name; it looks like \`acme.eu.auth0.com\``;
}

/** Why a token may not be sent to `url`; undefined where it may: https, or http to a loopback address. */
export function problemOfTarget(url: string): string | undefined {
  if (!URL.canParse(url)) return `\`${withoutUser(url)}\` is no URL; it looks like \`https://login.example.com/oauth/token\``;
  const { protocol, hostname, username, password } = new URL(url);
  if (username !== '' || password !== '') return 'the URL must not hold a user name or password';
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback)) return undefined;
  return `\`${url}\` is to begin with https:// (http:// only for a loopback address)`;
}

/** Origin of the API that an audience names; undefined for an audience that is not a URL to which a token may be sent. */
export function apiOriginOf(audience: string | undefined): string | undefined {
  return audience !== undefined && problemOfTarget(audience) === undefined ? new URL(audience).origin : undefined;
}
