/** How many tokens may be issued, as the Management API has it under `client_credentials`. */
export interface TokenQuota {
  readonly perHour: number | undefined;
  readonly perDay: number | undefined;
  /** False: the tokens are counted, and a log entry warns of them, but none is refused. */
  readonly enforce: boolean;
}

/** What kind of owner a quota has. */
export type QuotaOwner = 'client' | 'organization';

/** The value of a property `token_quota`, or of one half of `default_token_quota`; undefined where it sets no quota. */
export function tokenQuotaOf(property: unknown): TokenQuota | undefined {
  const quota = memberOf(property, 'client_credentials');
  const [perHour, perDay] = [countOf(memberOf(quota, 'per_hour')), countOf(memberOf(quota, 'per_day'))];
  if (perHour === undefined && perDay === undefined) return undefined;
  return { perHour, perDay, enforce: memberOf(quota, 'enforce') !== false };
}

/** The quotas for clients and organizations that have none of their own, from the setting `default_token_quota`. */
export function defaultTokenQuotas(setting: unknown): { readonly [owner in QuotaOwner]: TokenQuota | undefined } {
  return { client: tokenQuotaOf(memberOf(setting, 'clients')), organization: tokenQuotaOf(memberOf(setting, 'organizations')) };
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

const countOf = (value: unknown): number | undefined => (typeof value === 'number' && value >= 0 ? value : undefined);
