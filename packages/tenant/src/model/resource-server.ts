import { managementScopes, type Scope } from './management-scopes.ts';
import { newResourceServerId } from './random-id.ts';

/** Properties of an API by their Management API names; what is not named here is kept and shown as it was given. */
export interface ResourceServerProperties {
  readonly name?: string | undefined;
  /** Absent unless given. */
  readonly scopes?: readonly Scope[] | undefined;
  readonly signing_alg: 'HS256' | 'RS256' | 'RS512' | 'PS256';
  /** Seconds. */
  readonly token_lifetime: number;
  /** Seconds. */
  readonly token_lifetime_for_web: number;
  readonly token_dialect?: 'access_token' | 'access_token_authz' | 'rfc9068_profile' | 'rfc9068_profile_authz' | undefined;
  readonly enforce_policies?: boolean | undefined;
  readonly allow_offline_access: boolean;
  readonly skip_consent_for_verifiable_first_party_clients: boolean;
  readonly subject_type_authorization: {
    readonly client: { readonly policy: 'deny_all' | 'require_client_grant' };
    readonly user: { readonly policy: 'allow_all' | 'deny_all' | 'require_client_grant' };
  };
  readonly agent_subject_claims?: 'auth0-v1' | undefined;
  readonly [property: string]: unknown;
}

/** An API that tokens are issued for. */
export interface ResourceServer {
  readonly id: string;
  /** The audience. Undefined for the Management API, whose audience follows the tenant's domain: see {@link identifierOf}. */
  readonly identifier: string | undefined;
  readonly isSystem: boolean;
  /** Key of HS256 signatures. */
  readonly signingSecret: string | undefined;
  readonly properties: ResourceServerProperties;
}

/** Longest life of a token, 30 days in seconds, as at Auth0. */
export const maxTokenLifetimeSeconds = 2_592_000;

/** Audience of the Management API of the tenant at `domain`. */
export function managementIdentifier(domain: string): string {
  return `https://${domain}/api/v2/`;
}

/** Audience of `resourceServer` while the tenant runs at `domain`. */
export function identifierOf(resourceServer: ResourceServer, domain: string): string {
  return resourceServer.identifier ?? managementIdentifier(domain);
}

/** What an API has that says nothing else, in wire order, as recorded from Auth0. */
export const resourceServerDefaults: ResourceServerProperties = {
  allow_offline_access: false,
  skip_consent_for_verifiable_first_party_clients: false,
  subject_type_authorization: { client: { policy: 'require_client_grant' }, user: { policy: 'allow_all' } },
  token_lifetime: 86_400,
  token_lifetime_for_web: 7_200,
  signing_alg: 'RS256',
};

/** A new API with {@link resourceServerDefaults} and its id. */
export function newResourceServer(
  identifier: string,
  properties: Partial<ResourceServerProperties> = {},
  signingSecret?: string,
): ResourceServer {
  return {
    id: newResourceServerId(),
    identifier,
    isSystem: false,
    signingSecret,
    properties: { ...resourceServerDefaults, ...properties } as ResourceServerProperties,
  };
}

/** The system API of a new tenant: the Management API. */
export function newManagementApi(): ResourceServer {
  return {
    id: newResourceServerId(),
    identifier: undefined,
    isSystem: true,
    signingSecret: undefined,
    properties: { name: 'Auth0 Management API', ...resourceServerDefaults, scopes: managementScopes },
  };
}
