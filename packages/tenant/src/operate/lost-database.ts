import { readdir, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { StateFolder } from '@evertoken/service';
import type { MasterKey } from '../store/open-tenant-store.ts';
import { TenantError } from '../tenant-error.ts';

/** Where a backup is examined before it is restored. */
export const trialFolder = 'restored';
/** How what stood there before is called then. */
export const asidePrefix = 'tenant-before-';
/** Stands from before a master key is made until the first records are written. */
const firstStartFile = 'tenant/first-start';
const keyFile = 'tenant/master.key';

/** What a state folder tells of its tenant before the database is opened. */
export interface FirstStart {
  /**
   * To be called before first records are written, or where none are found.
   * @throws {TenantError} `tenant_missing` where there were records in SQLite: they are lost.
   */
  refuseLostRecords(): void;
  /** To be called when there are records. From then on the master key says so. */
  end(): Promise<void>;
}

/** Whether the folder has the database of a tenant on SQLite. */
export async function hasDatabase(folder: StateFolder): Promise<boolean> {
  return await stat(folder.file('tenant', 'tenant.db')).then(
    // A disk that was full, or a copy that broke off, leaves a file with nothing in it.
    (stats) => !stats.isFile() || stats.size > 0,
    () => false,
  );
}

/**
 * Refuses a folder whose database is gone while a master key, or what a restore left, stands there: an empty tenant in its place would be taken for the one
 * that there was. A first start that broke off can be made again, and so can one in PostgreSQL that never came about. `masterKey`: where the key is not in the
 * folder; then it says nothing of its database.
 * @throws {TenantError} `tenant_missing`
 */
export async function refuseLostDatabase(
  folder: StateFolder,
  { kind, masterKey, mayCreate }: { kind: 'sqlite' | 'postgres'; masterKey: MasterKey | undefined; mayCreate: boolean },
): Promise<FirstStart> {
  const hadTenant = masterKey === undefined && (await hasKeyOfTenant(folder));
  const isInFolder = kind === 'sqlite';
  if (isInFolder && !(await hasDatabase(folder))) {
    await refuseInterruptedRestore(folder);
    if (hadTenant) throw lost(folder, 'The database of this tenant is gone');
  }
  // PostgreSQL is asked for a tenant when the key is made already.
  if ((mayCreate || !isInFolder) && !hadTenant && masterKey === undefined) {
    await folder.folder('tenant');
    await folder.placePrivate(firstStartFile, 'The first start of this tenant has not come to its end.\n');
  }
  return {
    refuseLostRecords() {
      if (isInFolder && hadTenant) throw lost(folder, 'The database of this tenant has lost its records');
    },
    end: () => rm(folder.file(firstStartFile), { force: true }),
  };
}

// The key first: a start that goes on meanwhile writes the mark before it, and takes the mark away when there are records.
async function hasKeyOfTenant(folder: StateFolder): Promise<boolean> {
  return (await isThere(folder, keyFile)) && !(await isThere(folder, firstStartFile));
}

async function isThere(folder: StateFolder, relative: string): Promise<boolean> {
  return await stat(folder.file(relative)).then(
    () => true,
    () => false,
  );
}

async function refuseInterruptedRestore(folder: StateFolder): Promise<void> {
  const names = await readdir(folder.file('tenant')).catch((): string[] => []);
  const aside = names.filter((name) => name.startsWith(asidePrefix) && name.endsWith('.db')).sort();
  const left = [...aside, ...names.filter((name) => name === trialFolder)];
  if (left.length === 0) return;
  const database = folder.file('tenant', 'tenant.db');
  const newest = aside.at(-1);
  throw new TenantError('tenant_missing', {
    problem: `The database is gone, and a restore left ${left.join(', ')} beside it`,
    place: database,
    step: `Restore again with \`evertoken tenant restore FILE\`${
      newest === undefined ? '' : `, or rename ${newest} to ${basename(database)}`
    }. To begin with an empty tenant, move ${left.length === 1 ? 'it' : 'them'} to another folder.`,
  });
}

function lost(folder: StateFolder, problem: string): TenantError {
  const key = basename(keyFile);
  return new TenantError('tenant_missing', {
    problem: `${problem}, and its ${key} is there`,
    place: folder.file('tenant', 'tenant.db'),
    step: `Restore it with \`evertoken tenant restore FILE\`, or name it with --database-url-file where it is in PostgreSQL. To begin with an empty tenant, move ${key} to another folder.`,
  });
}
