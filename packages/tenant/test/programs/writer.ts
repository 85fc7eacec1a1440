// Writes to a store as fast as it takes it, until it is killed: node writer.mjs LOCATION MASTER_KEY ROUND. Prints one line for each write
// that was acknowledged, and one for each that was refused.
import { systemSetTimer } from '../../src/clock.ts';
import { newClientGrant } from '../../src/model/client-grant.ts';
import { newApplication } from '../../src/model/new-application.ts';
import { openPostgresDatabase } from '../../src/store/postgres/postgres-database.ts';
import { Seal } from '../../src/store/seal.ts';
import { SqlTenantStore } from '../../src/store/sql-tenant-store.ts';
import { openSqliteDatabase } from '../../src/store/sqlite/sqlite-database.ts';
import type { TenantStore } from '../../src/store/tenant-store.ts';

const [location = '', masterKey = '', round = ''] = process.argv.slice(2);

async function openStore(): Promise<TenantStore> {
  const seal = new Seal(Buffer.from(masterKey, 'base64url'));
  const database = location.startsWith('postgresql:')
    ? await openPostgresDatabase({ url: location }, seal, systemSetTimer)
    : await openSqliteDatabase(location, seal, systemSetTimer);
  return await SqlTenantStore.open(database, systemSetTimer);
}

const store = await openStore();
const { items } = await store.resourceServers({}, { kind: 'offset', offset: 0, limit: 1 });
const resourceServerId = items[0]?.id ?? '';
for (let number = 0; ; number += 1) {
  const clientId = `${round}-${number}`;
  const application = { ...newApplication({ name: clientId }, 0), clientId };
  try {
    await store.write(async (transaction) => {
      await transaction.insert({ applications: [application] });
      await transaction.insert({ clientGrants: [newClientGrant({ id: `cgr_${clientId}`, clientId, resourceServerId, scope: [] })] });
      await transaction.replace({ settings: { last: clientId } });
    });
    process.stdout.write(`written ${clientId}\n`);
  } catch (error) {
    process.stdout.write(`refused ${clientId} ${(error as { code?: string }).code}\n`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
