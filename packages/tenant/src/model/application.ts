/** The grant types that the Management API knows. */
export const grantTypes: readonly string[] = [
  'authorization_code',
  'implicit',
  'refresh_token',
  'client_credentials',
  'password',
  'http://auth0.com/oauth/grant-type/password-realm',
  'http://auth0.com/oauth/grant-type/mfa-oob',
  'http://auth0.com/oauth/grant-type/mfa-otp',
  'http://auth0.com/oauth/grant-type/mfa-recovery-code',
  'urn:openid:params:grant-type:ciba',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token',
];

/** Properties of an application by their Management API names; what is not named here is kept and shown as it was given. */
export interface ApplicationProperties {
  readonly name: string;
  readonly is_first_party: boolean;
  readonly app_type?: string | undefined;
  readonly grant_types?: readonly string[] | undefined;
  readonly token_endpoint_auth_method?: 'none' | 'client_secret_post' | 'client_secret_basic' | undefined;
  readonly client_authentication_methods?:
    | { readonly private_key_jwt?: { readonly credentials: readonly { readonly id: string }[] } }
    | undefined;
  readonly default_organization?: { readonly organization_id: string; readonly flows: readonly string[] } | undefined;
  readonly token_quota?: unknown;
  readonly [property: string]: unknown;
}

/** A client of the tenant. */
export interface Application {
  readonly clientId: string;
  readonly clientSecret: string;
  /** The one legacy client that stands for the tenant itself; last in every list. */
  readonly isGlobal: boolean;
  readonly properties: ApplicationProperties;
  /** The secret before the last rotation, while its grace lasts. */
  readonly formerSecret?: { readonly secret: string; readonly validUntilMs: number } | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Whether the application can keep no secret and so may never hold the client_credentials grant. */
export function isPublic(properties: Pick<ApplicationProperties, 'token_endpoint_auth_method'>): boolean {
  return properties.token_endpoint_auth_method === 'none';
}
