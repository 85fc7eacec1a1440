import { privateKeyFile, readRegularFile, type StateFolder } from '@evertoken/service';
import { type SetTimer, systemSetTimer } from '../clock.ts';
import { TenantError } from '../tenant-error.ts';
import { Seal } from './seal.ts';
import type { SqlDatabase } from './sql-database.ts';
import { SqlTenantStore } from './sql-tenant-store.ts';
import type { TenantStore } from './tenant-store.ts';

/** The 32 bytes that seal the secrets in a store, as base64url: in a file, or as they are. */
export type MasterKey = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'value'; readonly base64url: string };

/** Where the records of a tenant are. Without `masterKey` the key is read from `tenant/master.key` of the folder, or made there on first use. */
export type StoreLocation = {
  readonly folder: StateFolder;
  readonly masterKey?: MasterKey | undefined;
} & (
  | {
      /** The file `tenant/tenant.db` of the folder, made on first use. For one tenant process. */
      readonly kind: 'sqlite';
    }
  | {
      /** A database of PostgreSQL 12 or later, for any number of tenant processes; all need the same master key. */
      readonly kind: 'postgres';
      /** `postgresql://user:password@host:5432/database?sslmode=verify-full` and other parameters as libpq has them. */
      readonly url: string;
      /** Connections for requests at most, besides one that listens and two for what is big. Default 10. */
      readonly connections?: number | undefined;
    }
);

/**
 * Opens a tenant's store, and brings its schema up to date.
 *
 * @throws {TenantError} `master_key_invalid`, `store_unusable`, `schema_too_new`, `migration_failed`, `sealed_unreadable`.
 */
export async function openTenantStore(location: StoreLocation, setTimer: SetTimer = systemSetTimer): Promise<TenantStore> {
  const { folder, masterKey } = location;
  await folder.folder('tenant');
  const seal = new Seal(masterKey === undefined ? await privateKeyFile(folder, 'tenant/master.key', 32) : await givenKey(masterKey));
  return await SqlTenantStore.open(await openDatabase(location, seal, setTimer), setTimer);
}

// Only the code of the database that is used is loaded.
async function openDatabase(location: StoreLocation, seal: Seal, setTimer: SetTimer): Promise<SqlDatabase> {
  if (location.kind === 'sqlite') {
    const { openSqliteDatabase } = await import('./sqlite/sqlite-database.ts');
    return await openSqliteDatabase(location.folder.file('tenant', 'tenant.db'), seal, setTimer);
  }
  const { openPostgresDatabase } = await import('./postgres/postgres-database.ts');
  return await openPostgresDatabase(location, seal, setTimer);
}

async function givenKey(masterKey: MasterKey): Promise<Buffer> {
  const text = (masterKey.kind === 'value' ? masterKey.base64url : await readKeyFile(masterKey.path)).trim();
  const key = Buffer.from(text, 'base64url');
  if (key.length === 32 && key.toString('base64url') === text) return key;
  throw new TenantError('master_key_invalid', {
    problem: 'The master key is not 32 bytes as base64url',
    ...(masterKey.kind === 'file' && { place: masterKey.path }),
    step: 'Give the key that the store was made with: the content of its master.key.',
  });
}

// How the file is protected is for the one who put it there: where an orchestrator mounts a secret, it is a link that a group may read.
async function readKeyFile(path: string): Promise<string> {
  try {
    return await readRegularFile(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const step = 'Name a regular file that this user may read.';
    throw new TenantError('master_key_invalid', {
      problem: `The file of the master key cannot be read (${code ?? message})`,
      place: path,
      step,
      cause,
    });
  }
}
