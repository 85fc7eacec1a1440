/** Algorithms by which the tokens of an API are signed. */
export const signingAlgorithms = (['RS256', 'HS256', 'RS512', 'PS256'] as const).map((value) => ({ value, title: value }));

/** How the tokens of an API look. */
export const dialects = [
  { value: 'access_token', title: 'Auth0' },
  { value: 'access_token_authz', title: 'Auth0, with permissions' },
  { value: 'rfc9068_profile', title: 'RFC 9068' },
  { value: 'rfc9068_profile_authz', title: 'RFC 9068, with permissions' },
] as const;
