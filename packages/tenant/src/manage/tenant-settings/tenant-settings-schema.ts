import { z } from 'zod';
import { type FieldQuery, fieldSelection } from '../field-selection.ts';
import { type TokenQuota, tokenQuota } from '../schema-pieces.ts';

const text = z.string();
const flag = z.boolean().optional();
const hours = z.number().positive().max(8_760).optional();
const minutes = z.int().positive().max(525_600).optional();
const settings = z.record(text, z.unknown());
const some = settings.nullable().optional();

const shared = {
  default_audience: text.optional().describe('Default audience for API Authorization.'),
  default_directory: text.optional().describe('Name of connection used for password grants at the `/token` endpoint.'),
  default_token_quota: z
    .strictObject({ clients: tokenQuota.optional(), organizations: tokenQuota.optional() })
    .nullable()
    .optional()
    .describe('Token Quota configuration, to configure quotas for token issuance for clients and organizations.'),
  resource_parameter_profile: z
    .enum(['audience', 'compatibility'])
    .optional()
    .describe('Profile that determines how the identity of the protected resource is indicated.'),
  allow_organization_name_in_authentication_api: z
    .boolean()
    .nullable()
    .optional()
    .describe('Whether to accept an organization name instead of an ID on auth endpoints'),
  flags: z.record(text, z.boolean()).optional().describe('Flags used to change the behavior of this tenant.'),
  friendly_name: text.optional(),
  picture_url: text.optional(),
  support_email: text.optional(),
  support_url: text.optional(),
  allowed_logout_urls: z.array(text).optional(),
  session_lifetime: hours,
  session_lifetime_in_minutes: minutes,
  idle_session_lifetime: hours,
  idle_session_lifetime_in_minutes: minutes,
  ephemeral_session_lifetime: hours,
  idle_ephemeral_session_lifetime: hours,
  ephemeral_session_lifetime_in_minutes: minutes,
  idle_ephemeral_session_lifetime_in_minutes: minutes,
  sandbox_version: text.min(1).max(8).optional(),
  legacy_sandbox_version: text.optional(),
  default_redirection_uri: text.optional(),
  enabled_locales: z.array(text.min(2).max(10)).min(1).optional(),
  acr_values_supported: z.array(text).nullable().optional(),
  change_password: some,
  country_codes: some,
  device_flow: some,
  error_page: some,
  guardian_mfa_page: some,
  mtls: some,
  oidc_logout: settings.optional(),
  security_headers: some,
  session_cookie: some,
  sessions: some,
  universal_login: settings.optional(),
  customize_mfa_in_postlogin_action: z.boolean().nullable().optional(),
  pushed_authorization_requests_supported: z.boolean().nullable().optional(),
  authorization_response_iss_parameter_supported: z.boolean().nullable().optional(),
  skip_non_verifiable_callback_uri_confirmation_prompt: z.boolean().nullable().optional(),
  client_id_metadata_document_supported: flag,
  dynamic_client_registration_security_mode: z.enum(['strict', 'permissive']).optional(),
  enable_ai_guide: flag,
  phone_consolidated_experience: flag,
  include_session_metadata_in_tenant_logs: flag,
};

/** Tenant settings as they are shown. */
export interface ShownTenantSettings {
  readonly friendly_name?: string | undefined;
  readonly default_token_quota?:
    | { readonly clients?: TokenQuota | undefined; readonly organizations?: TokenQuota | undefined }
    | null
    | undefined;
  readonly [property: string]: unknown;
}

/** Body of `PATCH /api/v2/tenants/settings`; null removes. */
export const tenantSettingsPatch: z.ZodType<Readonly<Record<string, unknown>>> = z.strictObject(shared);

/** Tenant settings as they are shown. */
export const tenantSettingsShown: z.ZodType<ShownTenantSettings> = z.strictObject({ ...shared, sandbox_versions_available: z.array(text) });

/** Query of `GET /api/v2/tenants/settings`. */
export const tenantSettingsQuery: z.ZodType<FieldQuery> = z.strictObject(fieldSelection);
