import type { ClientGrant } from '../model/client-grant.ts';
import type { IssuingApplication } from '../model/issuing-application.ts';
import { type IssuingRow, issuingApplications, issuingColumns } from './records/applications.ts';
import { type ClientGrantRow, clientGrantColumns, clientGrantsOf } from './records/client-grants.ts';
import { credentialTable } from './records/credentials.ts';
import { organizationGrantTable, organizationTable } from './records/organizations.ts';
import { allRecords } from './records/record-operations.ts';
import { resourceServerTable } from './records/resource-servers.ts';
import { signingKeyTable } from './records/signing-keys.ts';
import type { Executor, SqlDatabase } from './sql-database.ts';
import type { IssuingRecords } from './tenant-store.ts';

/** Reads everything that is needed to issue tokens. `executor`: a transaction that sees one state throughout. */
export async function issuingRecords(executor: Executor, { seal, allRows }: SqlDatabase): Promise<IssuingRecords> {
  const settings = await executor.selectFrom('settings').selectAll().execute();
  // Each portion of rows is turned into records at once, so that the rows of all are never in memory together.
  const applications: IssuingApplication[] = [];
  const applicationsIn = issuingApplications(seal);
  for await (const rows of allRows(executor, 'applications', issuingColumns)) applications.push(...applicationsIn(rows as IssuingRow[]));
  const clientGrants: ClientGrant[] = [];
  const grantsIn = clientGrantsOf();
  for await (const rows of allRows(executor, 'client_grants', clientGrantColumns)) clientGrants.push(...grantsIn(rows as ClientGrantRow[]));
  return {
    settings: Object.fromEntries(settings.map(({ name, value }) => [name, value])),
    signingKeys: await allRecords(executor, signingKeyTable, seal),
    resourceServers: await allRecords(executor, resourceServerTable, seal),
    applications: globalLast(applications),
    credentials: await allRecords(executor, credentialTable, seal),
    organizations: await allRecords(executor, organizationTable, seal),
    clientGrants,
    organizationGrants: await allRecords(executor, organizationGrantTable, seal),
  };
}

const globalLast = (applications: readonly IssuingApplication[]): IssuingApplication[] => [
  ...applications.filter(({ isGlobal }) => !isGlobal),
  ...applications.filter(({ isGlobal }) => isGlobal),
];
