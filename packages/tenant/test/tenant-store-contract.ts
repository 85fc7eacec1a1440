import { describe } from 'vitest';
import { changesContract } from './store-contract/changes-contract.ts';
import { listsContract } from './store-contract/lists-contract.ts';
import { logsContract } from './store-contract/logs-contract.ts';
import { replacementsContract } from './store-contract/replacements-contract.ts';
import { runningRecordsContract } from './store-contract/running-records-contract.ts';
import type { StoreUnderTest } from './store-contract/store-under-test.ts';
import { writesContract } from './store-contract/writes-contract.ts';

/** What every {@link TenantStore} has to do. `open` gives a new, empty one for each test. */
export function tenantStoreContract(open: () => Promise<StoreUnderTest>): void {
  describe('as a tenant store', () => {
    writesContract(open);
    replacementsContract(open);
    listsContract(open);
    changesContract(open);
    runningRecordsContract(open);
    logsContract(open);
  });
}
