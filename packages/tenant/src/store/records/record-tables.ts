import { applicationTable } from './applications.ts';
import { clientGrantTable } from './client-grants.ts';
import { credentialTable } from './credentials.ts';
import { organizationGrantTable, organizationTable } from './organizations.ts';
import type { RecordTable } from './record-table.ts';
import { resourceServerTable } from './resource-servers.ts';
import { signingKeyTable } from './signing-keys.ts';

/** The tables of all kinds of records. A table that others point at stands before them. */
export const recordTables: readonly RecordTable[] = [
  signingKeyTable,
  resourceServerTable,
  applicationTable,
  credentialTable,
  organizationTable,
  clientGrantTable,
  organizationGrantTable,
] as unknown as readonly RecordTable[];
