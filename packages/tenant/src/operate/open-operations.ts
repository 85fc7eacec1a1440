import type { StateFolder } from '@evertoken/service';
import { type Now, systemNow } from '../clock.ts';
import { hostOf } from '../model/domain.ts';
import { isSeeded, seed } from '../seed.ts';
import { openTenantStore } from '../store/open-tenant-store.ts';
import { TenantError } from '../tenant-error.ts';
import { checkDomain, type TenantPlace } from '../tenant-options.ts';
import { defaultDomain, recordedDomain } from './known-domain.ts';
import { hasDatabase, refuseLostDatabase } from './lost-database.ts';
import { storeOperations } from './store-operations.ts';
import type { TenantFinding, TenantOperations } from './tenant-operations.ts';

/** Which tenant is operated. */
export interface OperatedTenant {
  readonly folder: StateFolder;
  /** Default: SQLite in the folder. */
  readonly store?: TenantPlace;
  /** What it is known by. Default: as when it ran last. */
  readonly domain?: string | undefined;
  /** Whether one is made where there is none. Default false. */
  readonly mayCreate?: boolean;
  /** Default: the machine's clock. */
  readonly now?: Now;
}

/**
 * Opens a tenant for its operator, through its database, whether it runs or not.
 * @throws {TenantError} `domain_invalid`, `tenant_missing`, `store_unusable`, `schema_too_new`, `migration_failed`, `sealed_unreadable`.
 */
export async function openTenantOperations(tenant: OperatedTenant): Promise<TenantOperations> {
  const { folder, store: place = { kind: 'sqlite' }, mayCreate = false, now = systemNow } = tenant;
  // Before anything is made or opened.
  if (tenant.domain !== undefined) checkDomain(tenant.domain);
  const firstStart = await refuseLostDatabase(folder, { kind: place.kind, masterKey: place.masterKey, mayCreate });
  // To look into a SQLite file that is not there makes it.
  if (place.kind === 'sqlite' && !mayCreate && !(await hasDatabase(folder))) throw missing(tenant);
  const store = await openTenantStore({ ...place, folder });
  try {
    const recorded = await recordedDomain(store);
    const domain = tenant.domain ?? recorded ?? defaultDomain;
    if (mayCreate) await seed(store, { host: hostOf(domain), nowMs: now(), firstStart });
    else if (!(await isSeeded(store))) {
      firstStart.refuseLostRecords();
      throw missing(tenant);
    }
    return storeOperations(store, { domain, recordedDomain: recorded, now });
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Examines a tenant; that it cannot even be opened is a finding too. Throws `domain_invalid`, `tenant_missing`. */
export async function examineTenant(tenant: OperatedTenant): Promise<readonly TenantFinding[]> {
  try {
    const operations = await openTenantOperations(tenant);
    try {
      return await operations.examine();
    } finally {
      await operations.close();
    }
  } catch (error) {
    if (!(error instanceof TenantError) || error.code === 'domain_invalid' || error.code === 'tenant_missing') throw error;
    const area = error.code === 'sealed_unreadable' || error.code === 'master_key_invalid' ? 'secrets' : 'database';
    const subject = error.place ?? (area === 'secrets' ? 'master key' : 'the database');
    return [{ area, subject, level: 'problem', what: error.problem, ...(error.step !== undefined && { step: error.step }) }];
  }
}

function missing({ folder, store }: OperatedTenant): TenantError {
  const isElsewhere = store?.kind === 'postgres';
  return new TenantError('tenant_missing', {
    problem: `There is no tenant in this ${isElsewhere ? 'database' : 'state folder'}`,
    ...(!isElsewhere && { place: folder.file('tenant', 'tenant.db') }),
    step: 'Start one with `evertoken tenant start` or `evertoken tenant seed FILE`, or name another folder with --home.',
  });
}
