import { beforeEach, describe, expect, it } from 'vitest';
import type { TenantStore } from '../../src/store/tenant-store.ts';
import { aTenant, nowMs } from './a-tenant.ts';
import type { StoreUnderTest } from './store-under-test.ts';

/** What a store does with what comes and goes while a tenant runs. */
export function runningRecordsContract(open: () => Promise<StoreUnderTest>): void {
  describe('while a tenant runs', () => {
    let store: TenantStore;
    let reopen: () => Promise<TenantStore>;
    beforeEach(async () => {
      ({ store, reopen } = await open());
    });

    it('lets an assertion be used once, however many ask at the same time and wherever', async () => {
      const other = await reopen();
      const claims = await Promise.all(Array.from({ length: 20 }, (_, at) => (at % 2 ? other : store).claimAssertion('c', 'j', nowMs)));
      expect(claims.filter(Boolean)).toHaveLength(1);
      expect(await store.claimAssertion('c', 'another', nowMs)).toBe(true);
      expect(await store.claimAssertion('another', 'j', nowMs + 1)).toBe(true);
      expect(await other.claimAssertion('another', 'j', nowMs + 9)).toBe(false);
    });

    it('tells all that ask at the same time what is so for each', async () => {
      const asked = Array.from({ length: 2_500 }, (_, at) => store.claimAssertion('c', `j-${at % 2_000}`, nowMs));
      const answers = await Promise.all(asked);
      expect(answers).toEqual(Array.from({ length: 2_500 }, (_, at) => at < 2_000));
      expect(await store.claimAssertion('c', 'j-1999', nowMs)).toBe(false);
    });

    it('forgets assertions that have expired, and no others', async () => {
      await store.claimAssertion('c', 'old', nowMs - 1);
      await store.claimAssertion('c', 'new', nowMs);
      await store.pruneAssertions(nowMs);
      expect(await store.claimAssertion('c', 'old', nowMs + 9)).toBe(true);
      expect(await store.claimAssertion('c', 'new', nowMs + 9)).toBe(false);
    });

    it('adds up what is counted, of all who count', async () => {
      const other = await reopen();
      const entry = (bucket: string, windowStartMs: number, count: number) => ({ bucket, windowStartMs, count });
      await Promise.all(
        [store, other].flatMap((each) =>
          Array.from({ length: 5 }, () => each.addUsage([entry('a', 100, 1), entry('b', 100, 2), entry('a', 100, 3), entry('a', 200, 1)])),
        ),
      );
      await store.addUsage([]);
      const found = async (since: number): Promise<unknown[]> =>
        (await store.usageSince(since)).toSorted((x, y) => x.windowStartMs - y.windowStartMs || (x.bucket < y.bucket ? -1 : 1));
      expect(await found(100)).toEqual([entry('a', 100, 40), entry('b', 100, 20), entry('a', 200, 10)]);
      expect(await found(101)).toEqual([entry('a', 200, 10)]);
      await store.pruneUsage(200);
      expect(await found(0)).toEqual([entry('a', 200, 10)]);
    });

    it('tells how it is', async () => {
      await store.write((transaction) => transaction.insert(aTenant()));
      const report = await store.check();
      expect(report).toMatchObject({
        schema: expect.stringMatching(/^\d{4}-/) as string,
        problems: [],
        counts: { applications: 2, client_grants: 5, organization_grants: 3, signing_keys: 2, logs: 0 },
      });
      expect(report.server.toLowerCase()).toContain(report.kind);
    });
  });
}
