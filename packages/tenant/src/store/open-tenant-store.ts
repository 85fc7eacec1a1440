import { privateKeyFile, type StateFolder } from '@evertoken/service';
import { type SetTimer, systemSetTimer } from '../clock.ts';
import { Seal } from './seal.ts';
import { SqlTenantStore } from './sql-tenant-store.ts';
import { openSqliteDatabase } from './sqlite/sqlite-database.ts';
import type { TenantStore } from './tenant-store.ts';

/**
 * Opens the store in `tenant/` of the state folder: `tenant.db`, and `master.key` that seals the secrets in it; makes what is not there.
 *
 * @throws {TenantError} `store_unusable`, `schema_too_new`, `migration_failed`.
 */
export async function openTenantStore(folder: StateFolder, setTimer: SetTimer = systemSetTimer): Promise<TenantStore> {
  await folder.folder('tenant');
  const seal = new Seal(await privateKeyFile(folder, 'tenant/master.key', 32));
  return await SqlTenantStore.open(await openSqliteDatabase(folder.file('tenant', 'tenant.db'), seal, setTimer), setTimer);
}
