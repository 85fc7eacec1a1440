export { startTenant, type Tenant, type TenantOptions } from './tenant.ts';
export { TenantError, type TenantErrorCode, type TenantErrorFacts } from './tenant-error.ts';
