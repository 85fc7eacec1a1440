import type { TenantSettings } from '../model/tenant-settings.ts';
import { defaultTokenQuotas, type QuotaOwner, type TokenQuota } from '../quota/token-quota.ts';

/** What issuing reads of the tenant settings. */
export interface IssuingSettings {
  /** Audience of requests that name none; undefined: there is none. */
  readonly defaultAudience: string | undefined;
  /** Whether a request without an audience gets an opaque token, as from older tenants at Auth0. */
  readonly givesOpaqueTokens: boolean;
  /** Whether the parameter `resource` names an API, as `audience` does. */
  readonly takesResource: boolean;
  /** Whether the parameter `organization` may be a name. Tokens then hold the name too. */
  readonly takesOrganizationNames: boolean;
  /** Whether the keys of the JWKS are shown without `alg`. */
  readonly hidesKeyAlg: boolean;
  /** The quotas of clients and organizations that have none of their own. */
  readonly quotas: { readonly [owner in QuotaOwner]: TokenQuota | undefined };
}

/** The part of `settings` that issuing reads. */
export function issuingSettings(settings: TenantSettings): IssuingSettings {
  return {
    defaultAudience: settings.default_audience === '' ? undefined : settings.default_audience,
    givesOpaqueTokens: settings.flags?.['allow_api1_non_global_clients'] === true,
    takesResource: settings.resource_parameter_profile === 'compatibility',
    takesOrganizationNames: settings.allow_organization_name_in_authentication_api === true,
    hidesKeyAlg: settings.flags?.['remove_alg_from_jwks'] === true,
    quotas: defaultTokenQuotas(settings.default_token_quota),
  };
}
