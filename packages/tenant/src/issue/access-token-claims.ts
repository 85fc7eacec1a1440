/** How an access token looks: Auth0's own profile or that of RFC 9068, each also with `permissions`. */
export type TokenDialect = 'access_token' | 'access_token_authz' | 'rfc9068_profile' | 'rfc9068_profile_authz';

/** Claims of an access token, in wire order. */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly iat: number;
  readonly exp: number;
  /** Absent where nothing is granted. */
  readonly scope?: string;
  readonly org_id?: string;
  readonly org_name?: string;
  /** Auth0's profile. */
  readonly gty?: 'client-credentials';
  /** Auth0's profile. */
  readonly azp?: string;
  /** RFC 9068. */
  readonly jti?: string;
  /** RFC 9068. */
  readonly client_id?: string;
  /** The dialects that end in `_authz`. */
  readonly permissions?: readonly string[];
}

/** Everything that the claims of a token are made from. */
export interface IssuedFor {
  readonly issuer: string;
  readonly clientId: string;
  readonly audience: string;
  readonly dialect: TokenDialect;
  /** Empty: the token has no scope. */
  readonly scope: readonly string[];
  /** `name`: where the tenant puts names into tokens. */
  readonly organization?: { readonly id: string; readonly name: string | undefined } | undefined;
  /** Whether the API names machines by their bare client id. */
  readonly hasBareSubject: boolean;
  readonly lifetimeSeconds: number;
  readonly nowMs: number;
  /** A new `jti`. */
  readonly newTokenId: () => string;
}

/** `iss` of the tenant at `domain`, with its slash. The service has https alone. */
export function issuerOf(domain: string, scheme: 'https' | 'http' = 'https'): string {
  return `${scheme}://${domain}/`;
}

/** Whether tokens of `dialect` are those of RFC 9068: typed `at+jwt`, and no two alike. */
export function isRfc9068(dialect: TokenDialect): boolean {
  return dialect.startsWith('rfc9068');
}

/** Claims of a token that is issued now. */
export function accessTokenClaims(token: IssuedFor): AccessTokenClaims {
  const { clientId, dialect, scope, organization } = token;
  const iat = Math.floor(token.nowMs / 1000);
  const claims: { -readonly [Claim in keyof AccessTokenClaims]: AccessTokenClaims[Claim] } = {
    iss: token.issuer,
    sub: token.hasBareSubject ? clientId : `${clientId}@clients`,
    aud: token.audience,
    iat,
    exp: iat + token.lifetimeSeconds,
  };
  if (scope.length > 0) claims.scope = scope.join(' ');
  if (organization !== undefined) claims.org_id = organization.id;
  if (organization?.name !== undefined) claims.org_name = organization.name;
  if (isRfc9068(dialect)) {
    claims.jti = token.newTokenId();
    claims.client_id = clientId;
  } else {
    claims.gty = 'client-credentials';
    claims.azp = clientId;
  }
  // The permissions of a machine are its scopes. Not seen on Auth0 itself.
  if (dialect.endsWith('_authz')) claims.permissions = scope;
  return claims;
}
