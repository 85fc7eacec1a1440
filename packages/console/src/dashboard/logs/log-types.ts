/** The types of entries that this tenant writes, in words. */
export const logTypes = [
  { value: 'seccft', title: 'Token issued', isFailure: false },
  { value: 'feccft', title: 'Token refused', isFailure: true },
  { value: 'sapi', title: 'Management API call', isFailure: false },
  { value: 'fapi', title: 'Management API call failed', isFailure: true },
  { value: 'mgmt_api_read', title: 'Secret read', isFailure: false },
  { value: 'api_limit', title: 'Rate limit reached', isFailure: true },
  { value: 'api_limit_warning', title: 'Rate limit nearly reached', isFailure: true },
  { value: 'token_quota_consumption_warning', title: 'Token quota nearly used', isFailure: true },
] as const;

/** Of an entry what its type means. */
export function logTypeOf(type: string | undefined): { readonly title: string; readonly isFailure: boolean } {
  return logTypes.find(({ value }) => value === type) ?? { title: type ?? 'Entry', isFailure: false };
}
