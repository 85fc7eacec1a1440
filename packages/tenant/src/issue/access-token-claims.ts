/** Claims of an access token in Auth0's own profile, in wire order (contract §2.2). */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly iat: number;
  readonly exp: number;
  /** Absent where nothing is granted. */
  readonly scope?: string;
  readonly gty: 'client-credentials';
  readonly azp: string;
}

/** `iss` of the tenant at `domain`, with its slash. */
export function issuerOf(domain: string): string {
  return `https://${domain}/`;
}

/** Claims of a token that `clientId` gets for `audience` now. `scope` empty: the token has none. */
export function accessTokenClaims(token: {
  domain: string;
  clientId: string;
  audience: string;
  scope: readonly string[];
  lifetimeSeconds: number;
  nowMs: number;
}): AccessTokenClaims {
  const iat = Math.floor(token.nowMs / 1000);
  return {
    iss: issuerOf(token.domain),
    sub: `${token.clientId}@clients`,
    aud: token.audience,
    iat,
    exp: iat + token.lifetimeSeconds,
    ...(token.scope.length > 0 && { scope: token.scope.join(' ') }),
    gty: 'client-credentials',
    azp: token.clientId,
  };
}
