import { describe } from 'vitest';
import type { TenantStore } from '../src/store/tenant-store.ts';
import { changesContract } from './store-contract/changes-contract.ts';
import { listsContract } from './store-contract/lists-contract.ts';
import { runningRecordsContract } from './store-contract/running-records-contract.ts';
import { writesContract } from './store-contract/writes-contract.ts';

/** A store to judge, and the same store opened anew. What is opened is closed by the one who opens it. */
export interface StoreUnderTest {
  readonly store: TenantStore;
  reopen(): Promise<TenantStore>;
}

/** What every {@link TenantStore} has to do. `open` gives a new, empty one for each test. */
export function tenantStoreContract(open: () => Promise<StoreUnderTest>): void {
  describe('as a tenant store', () => {
    writesContract(open);
    listsContract(open);
    changesContract(open);
    runningRecordsContract(open);
  });
}
