import type { TenantSettings } from '../model/tenant-settings.ts';
import { defaultTokenQuotas, type QuotaOwner, type TokenQuota } from '../quota/token-quota.ts';

/** What issuing reads of the tenant settings (contract §5.5). */
export interface IssuingSettings {
  /** Audience of requests that name none; undefined: there is none. */
  readonly defaultAudience: string | undefined;
  /** Requests without an audience get an opaque token, as older tenants give it (contract §1.5). */
  readonly givesOpaqueTokens: boolean;
  /** The parameter `resource` counts. */
  readonly takesResource: boolean;
  /** The parameter `organization` may be a name, and tokens tell it. */
  readonly takesOrganizationNames: boolean;
  /** Keys of the JWKS have no `alg`. */
  readonly hidesKeyAlg: boolean;
  /** Of those who have none of their own. */
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
