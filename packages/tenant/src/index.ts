export { startTenant, type Tenant, type TenantOptions } from './tenant.ts';
export { TenantError, type TenantErrorCode } from './tenant-error.ts';
