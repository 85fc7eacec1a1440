import { clientGrantOperations } from './client-grants/client-grant-operations.ts';
import { clientOperations } from './clients/client-operations.ts';
import { credentialOperations } from './credentials/credential-operations.ts';
import { logOperations } from './logs/log-operations.ts';
import type { Operation } from './operation.ts';
import { emptyListOperations } from './organizations/empty-list-operations.ts';
import { organizationGrantOperations } from './organizations/organization-grant-operations.ts';
import { organizationOperations } from './organizations/organization-operations.ts';
import { resourceServerOperations } from './resource-servers/resource-server-operations.ts';
import { signingKeyOperations } from './signing-keys/signing-key-operations.ts';
import { statsOperations } from './stats/stats-operations.ts';
import { tenantSettingsOperations } from './tenant-settings/tenant-settings-operations.ts';

/** The Management API: every operation there is. Routes, the OpenAPI document and docs/compatibility.md come from here. */
export const operations: readonly Operation[] = [
  ...clientOperations,
  ...credentialOperations,
  ...clientGrantOperations,
  ...resourceServerOperations,
  ...signingKeyOperations,
  ...organizationOperations,
  ...organizationGrantOperations,
  ...emptyListOperations,
  ...tenantSettingsOperations,
  ...logOperations,
  ...statsOperations,
];
