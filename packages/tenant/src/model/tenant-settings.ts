import { withoutNulls } from './without-nulls.ts';

/** Name of the store's setting that holds the tenant settings, as JSON. */
export const tenantSettingsName = 'tenant_settings';

/** Settings of a tenant by their Management API names; what is not named here is kept and shown as it was given. */
export interface TenantSettings {
  /** Empty or absent: none. */
  readonly default_audience?: string | undefined;
  readonly default_token_quota?: unknown;
  readonly resource_parameter_profile?: 'audience' | 'compatibility' | undefined;
  readonly allow_organization_name_in_authentication_api?: boolean | undefined;
  readonly flags?: Readonly<Record<string, unknown>> | undefined;
  readonly [property: string]: unknown;
}

/** The tenant settings out of the store's setting of that name; those of a tenant that never changed any where there is none. */
export function tenantSettingsOf(setting: string | undefined): TenantSettings {
  return setting === undefined ? {} : (JSON.parse(setting) as TenantSettings);
}

/** `settings` with the top-level fields of `change`: null removes one, `flags` are merged one by one, which was not seen on Auth0 itself. */
export function mergeTenantSettings(settings: TenantSettings, change: Readonly<Record<string, unknown>>): TenantSettings {
  const flags = change['flags'] as Readonly<Record<string, unknown>> | null | undefined;
  return withoutNulls({ ...settings, ...change, ...(flags !== null && flags !== undefined && { flags: { ...settings.flags, ...flags } }) });
}
