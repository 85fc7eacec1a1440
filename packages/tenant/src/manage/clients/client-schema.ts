import { z } from 'zod';
import { type CredentialCreation, credentialCreation } from '../credentials/credential-schema.ts';
import { metadataOf, type TokenQuota, tokenQuota, uniqueItems } from '../schema-pieces.ts';

/** What creation and change of a client both read, with the types that the tenant itself acts on; the rest is kept and shown as given. */
interface GivenClient {
  readonly app_type?: string | undefined;
  readonly grant_types?: readonly string[] | undefined;
  readonly client_secret?: string | undefined;
  readonly is_first_party?: boolean | undefined;
  readonly jwt_configuration?: { readonly alg?: string | undefined } | undefined;
  readonly client_aliases?: readonly string[] | undefined;
  readonly default_organization?: { readonly organization_id: string; readonly flows: readonly 'client_credentials'[] } | null | undefined;
  readonly token_quota?: TokenQuota | null | undefined;
  readonly redirection_policy?: string | undefined;
  readonly [property: string]: unknown;
}

/** Body of `POST /api/v2/clients`. */
export interface ClientCreation extends GivenClient {
  readonly name: string;
  readonly token_endpoint_auth_method?: AuthMethod | undefined;
  readonly client_authentication_methods?: AuthenticationMethods<CredentialCreation> | undefined;
  readonly client_metadata?: Readonly<Record<string, string>> | undefined;
  readonly resource_server_identifier?: string | undefined;
  readonly third_party_security_mode?: 'strict' | 'permissive' | undefined;
}

/** Body of `PATCH /api/v2/clients/{id}`; null removes. */
export interface ClientPatch extends GivenClient {
  readonly name?: string | undefined;
  readonly token_endpoint_auth_method?: AuthMethod | null | undefined;
  readonly client_authentication_methods?: AuthenticationMethods<{ readonly id: string }> | null | undefined;
  readonly client_metadata?: Readonly<Record<string, string | null>> | undefined;
}

/** A client as it is shown; which fields, the caller's scopes and the query decide. */
export interface ShownClient {
  readonly name?: string | undefined;
  readonly client_id?: string | undefined;
  readonly client_secret?: string | undefined;
  readonly description?: string | undefined;
  readonly app_type?: string | undefined;
  readonly global?: boolean | undefined;
  readonly is_first_party?: boolean | undefined;
  readonly grant_types?: readonly string[] | undefined;
  readonly token_endpoint_auth_method?: AuthMethod | undefined;
  readonly client_authentication_methods?: AuthenticationMethods<{ readonly id: string }> | undefined;
  readonly token_quota?: TokenQuota | undefined;
  readonly [property: string]: unknown;
}

type AuthMethod = 'none' | 'client_secret_post' | 'client_secret_basic';

/** Exactly one of them is there. */
export interface AuthenticationMethods<Credential> {
  readonly private_key_jwt?: { readonly credentials: readonly Credential[] } | undefined;
  readonly tls_client_auth?: unknown;
  readonly self_signed_tls_client_auth?: unknown;
}

const text = z.string();
const list = z.array(text).optional();
const flag = z.boolean().optional();
/** Settings of flows that the tenant does not run: kept and shown as given. */
const settings = z.record(text, z.unknown());
const some = settings.optional();

/** Values of `app_type`. */
const appTypes = [
  ...['native', 'spa', 'regular_web', 'non_interactive', 'resource_server', 'express_configuration', 'rms', 'box', 'cloudbees', 'concur'],
  ...['dropbox', 'mscrm', 'echosign', 'egnyte', 'newrelic', 'office365', 'salesforce', 'sentry', 'sharepoint', 'slack', 'springcm'],
  ...['zendesk', 'zoom', 'sso_integration', 'oag'],
];

/** Most keys of `client_metadata`, as at Auth0. */
export const mostMetadata = 10;

const one = <Method extends z.ZodType>(methods: Method): Method =>
  methods.superRefine((given, context) => {
    const count = Object.keys(given as object).length;
    if (count !== 1) context.addIssue({ code: 'custom', message: `Expected exactly one authentication method but found ${count}` });
  });

const methodsOf = <Credential extends z.ZodType>(credential: Credential) =>
  z.strictObject({
    private_key_jwt: z.strictObject({ credentials: z.array(credential).min(1).max(2) }).optional(),
    tls_client_auth: some,
    self_signed_tls_client_auth: some,
  });

const credentialName = z.strictObject({ id: text.min(1).describe('Credential ID') });
const authMethod = z
  .enum(['none', 'client_secret_post', 'client_secret_basic'])
  .describe('Defines the requested authentication method for the token endpoint.');
const name = text
  .min(1)
  .regex(/^[^<>]+$/)
  .describe('Name of this client (min length: 1 character, does not allow `<` or `>`).');
const methodsDescription = 'Defines client authentication methods.';
const organizationUsage = z.enum(['deny', 'allow', 'require']);
const requireBehavior = z.enum(['no_prompt', 'pre_login_prompt', 'post_login_prompt']);
const discoveryMethods = z.array(z.enum(['email', 'organization_name']));
const quotaDescription = 'The token quota configuration of this client.';

/** What is the same in creation and change. */
const shared = {
  description: text.max(140).optional().describe('Free text description of this client (max length: 140 characters).'),
  app_type: z.enum(appTypes).optional().describe('The type of application this client represents'),
  grant_types: list.describe('List of grant types supported for this application.'),
  client_secret: text.min(1).optional().describe('The secret used to sign tokens for the client'),
  is_first_party: flag.describe('Whether this client a first party client or not'),
  oidc_conformant: flag.describe('Whether this client conforms to strict OIDC specifications (true) or uses legacy features (false).'),
  is_token_endpoint_ip_header_trusted: flag.describe(
    "If true, trust that the IP specified in the `auth0-forwarded-for` header is the end-user's IP.",
  ),
  jwt_configuration: z
    .strictObject({
      lifetime_in_seconds: z
        .int()
        .min(0)
        .max(2_592_000)
        .optional()
        .describe('Number of seconds the JWT will be valid for (affects `exp` claim).'),
      secret_encoded: flag,
      scopes: some,
      alg: z.enum(['HS256', 'RS256', 'RS512', 'PS256']).optional(),
    })
    .optional()
    .describe('Configuration related to JWTs for the client.'),
  default_organization: z
    .strictObject({ organization_id: text.min(1), flows: uniqueItems(z.array(z.enum(['client_credentials'])).min(1), String) })
    .nullable()
    .optional()
    .describe('Defines the default Organization ID and flows'),
  logo_uri: text.optional(),
  initiate_login_uri: text.optional(),
  callbacks: list,
  allowed_origins: list,
  web_origins: list,
  client_aliases: list.describe('List of audiences/realms for SAML protocol. Used by the wsfed addon.'),
  allowed_clients: list,
  allowed_logout_urls: list,
  sso: flag,
  sso_disabled: flag,
  cross_origin_authentication: flag,
  cross_origin_loc: text.nullable().optional(),
  custom_login_page_on: flag,
  custom_login_page: text.optional(),
  custom_login_page_preview: text.optional(),
  form_template: text.optional(),
  encryption_key: settings.nullable().optional(),
  addons: some,
  mobile: some,
  native_social_login: settings.nullable().optional(),
  fedcm_login: settings.nullable().optional(),
  refresh_token: settings.nullable().optional(),
  oidc_logout: settings.nullable().optional(),
  oidc_backchannel_logout: some,
  session_transfer: settings.nullable().optional(),
  require_pushed_authorization_requests: flag,
  require_proof_of_possession: flag,
  signed_request_object: settings.nullable().optional(),
  token_vault_privileged_access: settings.nullable().optional(),
  compliance_level: z
    .enum(['none', 'fapi1_adv_pkj_par', 'fapi1_adv_mtls_par', 'fapi2_sp_pkj_mtls', 'fapi2_sp_mtls_mtls'])
    .nullable()
    .optional(),
  skip_non_verifiable_callback_uri_confirmation_prompt: z.boolean().nullable().optional(),
  par_request_expiry: z.int().min(10).max(600).nullable().optional(),
  token_exchange: settings.nullable().optional(),
  redirection_policy: z.enum(['allow_always', 'open_redirect_protection']).optional(),
  express_configuration: settings.nullable().optional(),
  my_organization_configuration: settings.nullable().optional(),
  async_approval_notification_channels: z.array(text).nullable().optional(),
  identity_assertion_authorization_grant: settings.nullable().optional(),
  anonymous_sessions: settings.nullable().optional(),
  b2b_integration_configuration: settings.nullable().optional(),
};

/** Body of `POST /api/v2/clients`. */
export const clientCreation: z.ZodType<ClientCreation> = z.strictObject({
  name,
  ...shared,
  token_endpoint_auth_method: authMethod.optional(),
  client_authentication_methods: one(methodsOf(credentialCreation)).optional().describe(methodsDescription),
  client_metadata: metadataOf(text.max(255), mostMetadata).optional(),
  organization_usage: organizationUsage.optional(),
  organization_require_behavior: requireBehavior.optional(),
  organization_discovery_methods: discoveryMethods.optional(),
  token_quota: tokenQuota.optional().describe(quotaDescription),
  resource_server_identifier: text
    .min(1)
    .max(600)
    .optional()
    .describe('The identifier of the resource server that this client is linked to.'),
  third_party_security_mode: z.enum(['strict', 'permissive']).optional(),
});

/** Body of `PATCH /api/v2/clients/{id}`. */
export const clientPatch: z.ZodType<ClientPatch> = z.strictObject({
  name: name.optional(),
  ...shared,
  token_endpoint_auth_method: authMethod.nullable().optional(),
  client_authentication_methods: one(methodsOf(credentialName)).nullable().optional().describe(methodsDescription),
  // Keys that go are no keys: how many are left is judged after the merge.
  client_metadata: metadataOf(text.max(255).nullable()).optional(),
  organization_usage: organizationUsage.nullable().optional(),
  organization_require_behavior: requireBehavior.nullable().optional(),
  organization_discovery_methods: discoveryMethods.nullable().optional(),
  token_quota: tokenQuota.nullable().optional().describe(quotaDescription),
  signing_key: settings.nullable().optional().describe('Needs update:client_keys; this tenant has no keys of clients to sign with.'),
});

/** A client as it is shown; which fields, the caller's scopes and `fields` decide. */
export const clientShown: z.ZodType<ShownClient> = z.strictObject({
  ...shared,
  name: name.optional(),
  client_id: text.optional(),
  tenant: text.optional(),
  global: flag,
  client_secret: text.optional(),
  signing_keys: z.array(z.strictObject({ cert: text, pkcs7: text, subject: text })).optional(),
  encrypted: z.literal(true).optional().describe('With creation alone.'),
  callback_url_template: flag,
  cross_origin_auth: flag,
  owners: list,
  token_endpoint_auth_method: authMethod.optional(),
  client_authentication_methods: z.strictObject({ private_key_jwt: z.strictObject({ credentials: z.array(credentialName) }) }).optional(),
  client_metadata: metadataOf(text, mostMetadata).optional(),
  organization_usage: organizationUsage.optional(),
  organization_require_behavior: requireBehavior.optional(),
  organization_discovery_methods: discoveryMethods.optional(),
  token_quota: tokenQuota.optional(),
  resource_server_identifier: text.optional(),
  third_party_security_mode: z.enum(['strict', 'permissive']).optional(),
});
