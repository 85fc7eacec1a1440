import type { TenantStore } from '../../src/store/tenant-store.ts';

/** A store to judge, and the same store opened anew. What is opened is closed by the one who opens it. */
export interface StoreUnderTest {
  readonly store: TenantStore;
  reopen(): Promise<TenantStore>;
}
