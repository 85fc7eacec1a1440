import { access, readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import type { StateFolder } from '@evertoken/service';
import { TenantError } from '../tenant-error.ts';

/** Where a backup is examined before it is restored. */
export const trialFolder = 'restored';
/** How what stood there before is called then. */
export const asidePrefix = 'tenant-before-';

/** Whether the folder has the database of a tenant on SQLite. */
export async function hasDatabase(folder: StateFolder): Promise<boolean> {
  return await access(folder.file('tenant', 'tenant.db')).then(
    () => true,
    () => false,
  );
}

/**
 * Refuses a folder whose database is gone while what a restore left stands there: an empty tenant in its place would be taken for the one that there was.
 * @throws {TenantError} `tenant_missing`
 */
export async function refuseLostDatabase(folder: StateFolder): Promise<void> {
  if (await hasDatabase(folder)) return;
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
