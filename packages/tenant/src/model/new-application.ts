import type { Application, ApplicationProperties } from './application.ts';
import { newClientId, newClientSecret } from './random-id.ts';

/** What a creator may say of an application: its properties, and its secret. */
export type GivenApplication = { readonly [P in keyof ApplicationProperties]?: ApplicationProperties[P] | undefined } & {
  readonly name: string;
  readonly client_secret?: string | undefined;
};

/** Refresh token settings of an application that names none. They do not touch machine-to-machine tokens. */
export function defaultRefreshToken(isConfidential: boolean): Record<string, unknown> {
  return {
    expiration_type: 'non-expiring',
    leeway: 0,
    infinite_token_lifetime: true,
    infinite_idle_token_lifetime: true,
    token_lifetime: isConfidential ? 31_557_600 : 2_592_000,
    idle_token_lifetime: isConfidential ? 2_592_000 : 1_296_000,
    rotation_type: 'non-rotating',
  };
}

/** A new application with Auth0's defaults, its id and, unless given, its secret. `nowMs`: when it is made. */
export function newApplication(
  { client_secret: clientSecret = newClientSecret(), ...given }: GivenApplication,
  nowMs: number,
): Application {
  const isConfidential = ['client_secret_post', 'client_secret_basic'].includes(given.token_endpoint_auth_method ?? '');
  const crossOrigin = given['cross_origin_authentication'];
  const properties: ApplicationProperties = {
    is_token_endpoint_ip_header_trusted: false,
    sso_disabled: false,
    cross_origin_auth: crossOrigin ?? false,
    oidc_conformant: false,
    callback_url_template: false,
    grant_types: defaultGrantTypes(given),
    custom_login_page_on: true,
    ...given,
    is_first_party: given.is_first_party ?? true,
    refresh_token: { ...defaultRefreshToken(isConfidential), ...(given['refresh_token'] as object | undefined) },
    jwt_configuration: { lifetime_in_seconds: 36_000, secret_encoded: false, ...(given['jwt_configuration'] as object | undefined) },
  };
  return { clientId: newClientId(), clientSecret, isGlobal: false, properties, createdAtMs: nowMs, updatedAtMs: nowMs };
}

// app_type does not narrow them, but for resource servers.
function defaultGrantTypes({ app_type: appType, token_endpoint_auth_method: method }: GivenApplication): readonly string[] {
  if (appType === 'resource_server') return [];
  const ofPublic = ['authorization_code', 'implicit', 'refresh_token'];
  return method === 'none' ? ofPublic : [...ofPublic, 'client_credentials'];
}
