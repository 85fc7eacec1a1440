import { constants } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import { openStateFolder, type StateFolder } from '@evertoken/service';
import { type MasterKey, openTenantStore } from '../store/open-tenant-store.ts';
import { TenantError } from '../tenant-error.ts';
import { contentsOf } from '../transfer/tenant-contents.ts';
import { asidePrefix, trialFolder } from './lost-database.ts';
import { lockState } from './state-lock.ts';
import { swapDatabase } from './swap-database.ts';

/** A tenant on SQLite: its folder, and its master key where that is not in there. */
interface RestoredTenant {
  readonly folder: StateFolder;
  readonly masterKey?: MasterKey | undefined;
}

/**
 * Puts the backup at `path` in the place of the tenant's database, once it is known to be whole and to fit the master key. What was there is kept beside.
 * Answers the names under which it is kept. Whenever the process ends, either the one or the other stands there whole.
 * @throws {TenantError} `tenant_running`, `backup_unusable`.
 */
export async function restoreBackup(tenant: RestoredTenant, path: string, nowMs: number): Promise<readonly string[]> {
  // Held to the end: a tenant that started meanwhile would have its database taken away.
  const lock = await lockState(await tenant.folder.folder('tenant'), { step: 'Stop it first: its database must not change under it.' });
  try {
    return await restore(tenant, path, nowMs);
  } finally {
    await lock.close();
  }
}

async function restore(tenant: RestoredTenant, path: string, nowMs: number): Promise<readonly string[]> {
  const { folder, masterKey } = tenant;
  const place = folder.file('tenant', trialFolder);
  // Of one that was killed.
  await rm(place, { recursive: true, force: true });
  // Opened as a tenant of its own: that brings an old schema up to date too, and leaves the backup as it is.
  const trial = await openStateFolder(place);
  try {
    await copyInto(trial, tenant, path);
    await examineTrial({ folder: trial, masterKey }, path);
    return await swapDatabase(trial.file('tenant', 'tenant.db'), folder.file('tenant', 'tenant.db'), asideOf(folder, nowMs));
  } catch (error) {
    if (!(error instanceof TenantError) || error.code === 'backup_unusable') throw error;
    throw unusable(path, error.problem, error);
  } finally {
    await rm(trial.path, { recursive: true, force: true });
  }
}

async function examineTrial(trial: RestoredTenant, path: string): Promise<void> {
  // Before it is opened as a tenant: that makes one of an empty file, and of any other database of SQLite.
  if (!(await isTenantDatabase(trial.folder.file('tenant', 'tenant.db'), path))) throw unusable(path, 'it is no database of a tenant');
  const store = await openTenantStore({ kind: 'sqlite', ...trial });
  try {
    const { problems } = await store.check();
    if (problems.length > 0) throw unusable(path, `it is damaged: ${problems[0]}`);
    // Reads every sealed value with the key that the tenant has.
    await contentsOf(store);
  } finally {
    await store.close();
  }
}

/** Whether a tenant wrote the file: it has steps of the schema, and keys to sign with. */
async function isTenantDatabase(file: string, path: string): Promise<boolean> {
  // Only who restores loads SQLite for it.
  const { LibsqlConnection } = await import('../store/sqlite/libsql-connection.ts');
  let connection: InstanceType<typeof LibsqlConnection> | undefined;
  try {
    const opened = new LibsqlConnection(file);
    connection = opened;
    const has = (query: string): boolean => opened.prepare(query).all([]).length > 0;
    const hasTable = (name: string): boolean => has(`select 1 from sqlite_master where type = 'table' and name = '${name}'`);
    return ['kysely_migration', 'signing_keys'].every((table) => hasTable(table) && has(`select 1 from ${table} limit 1`));
  } catch (cause) {
    throw unusable(path, `it cannot be opened (${(cause as Error).message})`, cause);
  } finally {
    connection?.close();
  }
}

async function copyInto(trial: StateFolder, { folder, masterKey }: RestoredTenant, path: string): Promise<void> {
  const into = await trial.folder('tenant');
  try {
    await copyFile(path, `${into}/tenant.db`, constants.COPYFILE_EXCL);
  } catch (cause) {
    throw unusable(path, `it cannot be read (${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message})`, cause);
  }
  if (masterKey !== undefined) return;
  const key = await folder.read('tenant/master.key');
  if (key === undefined) {
    const step =
      'Put the master.key that belongs to the backup there first, or name it with --master-key-file; without it nothing sealed can be read.';
    throw new TenantError('backup_unusable', { problem: 'There is no master key', place: folder.file('tenant', 'master.key'), step });
  }
  await trial.writePrivate('tenant/master.key', key);
}

function asideOf(folder: StateFolder, nowMs: number): string {
  return folder.file('tenant', `${asidePrefix}${new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-')}`);
}

function unusable(path: string, why: string, cause?: unknown): TenantError {
  return new TenantError('backup_unusable', {
    problem: `This backup cannot be restored: ${why}`,
    place: path,
    step: 'Give a file that `evertoken tenant backup` wrote, and the master key that its database had then. Nothing was changed.',
    cause,
  });
}
