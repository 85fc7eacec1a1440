export type { Fault, FaultAnswer } from '../controls/fault.ts';
export type { SeenRequest } from '../controls/request-stream.ts';
export type { TenantControls } from '../controls/tenant-controls.ts';
export { startTestTenant } from './start-test-tenant.ts';
export type { TestApi, TestApplication } from './test-document.ts';
export type { Credentials, TestTenant, TestTenantOptions } from './test-tenant.ts';
