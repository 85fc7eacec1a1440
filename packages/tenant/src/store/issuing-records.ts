import { type IssuingRow, issuingApplications, issuingColumns } from './records/applications.ts';
import { type ClientGrantRow, clientGrantColumns, clientGrantsOf } from './records/client-grants.ts';
import { credentialTable } from './records/credentials.ts';
import { organizationGrantTable, organizationTable } from './records/organizations.ts';
import { allRecords } from './records/record-operations.ts';
import { resourceServerTable } from './records/resource-servers.ts';
import { signingKeyTable } from './records/signing-keys.ts';
import type { Executor, SqlDatabase } from './sql-database.ts';
import type { IssuingRecords } from './tenant-store.ts';

/** All that issuing a token reads. `executor`: a transaction that sees one state throughout. */
export async function issuingRecords(executor: Executor, { seal, allRows }: SqlDatabase): Promise<IssuingRecords> {
  const settings = await executor.selectFrom('settings').selectAll().execute();
  const applications = await allRows(executor, 'applications', issuingColumns);
  const clientGrants = await allRows(executor, 'client_grants', clientGrantColumns);
  return {
    settings: Object.fromEntries(settings.map(({ name, value }) => [name, value])),
    signingKeys: await allRecords(executor, signingKeyTable, seal),
    resourceServers: await allRecords(executor, resourceServerTable, seal),
    applications: issuingApplications(applications as IssuingRow[], seal),
    credentials: await allRecords(executor, credentialTable, seal),
    organizations: await allRecords(executor, organizationTable, seal),
    clientGrants: clientGrantsOf(clientGrants as ClientGrantRow[]),
    organizationGrants: await allRecords(executor, organizationGrantTable, seal),
  };
}
