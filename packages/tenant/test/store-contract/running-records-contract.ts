import { beforeEach, describe, expect, it } from 'vitest';
import type { LogEntry } from '../../src/model/log-entry.ts';
import type { LogFilter, LogQuery, TenantStore } from '../../src/store/tenant-store.ts';
import { aTenant, firstOf, newEntries, nowMs } from './a-tenant.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const anEntry = (at: number, more: Partial<LogEntry> = {}): LogEntry => {
  const id = `900${String(at).padStart(10, '0')}`;
  return { id, atMs: nowMs + at, type: 'seccft', clientId: 'one', event: { _id: id, log_id: id, text: `ä \u0000 ${at}` }, ...more };
};

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

    it('keeps log entries, each once, and gives them by id and by page', async () => {
      const entries = Array.from({ length: 5 }, (_, at) => anEntry(at));
      await store.appendLogs(newEntries(entries.slice(0, 3)));
      await store.appendLogs(newEntries([{ ...entries[2]!, type: 'changed' }, ...entries.slice(3)]));
      await store.appendLogs([]);
      expect(await (await reopen()).log(entries[2]!.id)).toEqual(entries[2]);
      const page = async (order: LogQuery['order'], wanted: LogQuery['page']): Promise<unknown> => {
        const { items, total, next } = await store.logs({ order, page: wanted });
        expect(total).toBe(wanted.kind === 'offset' ? 5 : undefined);
        return [items.map((item) => entries.findIndex(({ id }) => id === item.id)), next === undefined ? undefined : next];
      };
      expect(await page('oldest first', firstOf(2))).toEqual([[0, 1], entries[1]!.id]);
      expect(await page('newest first', firstOf(2, 1))).toEqual([[3, 2], entries[2]!.id]);
      expect(await page('oldest first', { kind: 'after', after: entries[1]!.id, limit: 10 })).toEqual([[2, 3, 4], undefined]);
      expect(await page('newest first', { kind: 'after', after: entries[1]!.id, limit: 1 })).toEqual([[0], undefined]);
      expect(await page('newest first', firstOf(3, 9))).toEqual([[], undefined]);
    });

    it('keeps log entries of whatever text and length as they are', async () => {
      const text = `'); drop table logs; -- " \\ \u0000 \u{e000}\u{e002} \u2028 \ud800 ${'€'.repeat(400_000)}`;
      const entries = [
        anEntry(0, { clientId: `it's \u0000 \u{e000}\u{e002}`, type: "'", event: {} }),
        anEntry(1, { event: { text, [text.slice(0, 50)]: [null, 1e300, -0.5, true, { deep: [[[text.slice(0, 60)]]] }] } }),
        anEntry(2, { clientId: '\\N', type: '\\.' }),
        anEntry(3, { clientId: '\\.\n\t\r\n\\', event: { '\t': '\n\\.\n' } }),
        anEntry(4, { clientId: `half a pair: \ud83d, and a whole one: \u{1f600}` }),
      ];
      await store.appendLogs(newEntries(entries));
      await store.appendLogs(newEntries(entries));
      const { items } = await (await reopen()).logs({ order: 'oldest first', page: firstOf(10) });
      expect(items).toEqual([...entries.slice(0, 4), { ...entries[4], clientId: `half a pair: \ufffd, and a whole one: \u{1f600}` }]);
    });

    it('keeps many log entries of clients with long names', async () => {
      const entries = Array.from({ length: 150 }, (_, at) => anEntry(at, { clientId: `${at}-${'x'.repeat(10_000)}` }));
      await store.appendLogs(newEntries(entries));
      expect((await store.logs({ order: 'oldest first', page: firstOf(200) })).items).toEqual(entries);
    });

    it('filters log entries', async () => {
      const entries = [
        anEntry(0),
        anEntry(1, { type: 'feccft' }),
        anEntry(2, { clientId: 'two' }),
        anEntry(3, { clientId: undefined, type: 'sapi' }),
      ];
      await store.appendLogs(newEntries(entries));
      const found = async (filter: LogFilter): Promise<readonly LogEntry[]> => {
        const { items, total } = await store.logs({ filter, order: 'oldest first', page: firstOf(10) });
        expect(total).toBe(items.length);
        return items;
      };
      expect(await found({ types: ['feccft', 'sapi'] })).toEqual([entries[1], entries[3]]);
      expect(await found({ clientId: 'two' })).toEqual([entries[2]]);
      expect(await found({ clientId: 'one', types: ['seccft'] })).toEqual([entries[0]]);
      expect(await found({ sinceMs: nowMs + 2 })).toEqual([entries[2], entries[3]]);
      expect(await found({ before: entries[2]?.id })).toEqual([entries[0], entries[1]]);
      expect(await found({ types: [] })).toEqual([]);
    });

    it('forgets log entries that are too old, and the oldest of too many', async () => {
      const entries = Array.from({ length: 10 }, (_, at) => anEntry(at));
      await store.appendLogs(newEntries(entries));
      const left = async (): Promise<readonly LogEntry[]> => (await store.logs({ order: 'oldest first', page: firstOf(100) })).items;
      await store.pruneLogs({ olderThanMs: nowMs + 2, keep: 100 });
      expect(await left()).toEqual(entries.slice(2));
      await store.pruneLogs({ olderThanMs: 0, keep: 3 });
      expect(await left()).toEqual(entries.slice(7));
      await store.pruneLogs({ olderThanMs: 0, keep: 3 });
      expect(await left()).toEqual(entries.slice(7));
      await store.pruneLogs({ olderThanMs: 0, keep: 0 });
      expect(await left()).toEqual([]);
    });

    it('forgets many log entries a portion at a time, so that others write meanwhile', async () => {
      await store.appendLogs(newEntries(Array.from({ length: 1_600 }, (_, at) => anEntry(at))));
      // So that neither of the two has to open a connection first.
      await Promise.all([store.claimAssertion('c', 'first', nowMs), store.log('none'), store.log('neither')]);
      const order: string[] = [];
      await Promise.all([
        store.pruneLogs({ olderThanMs: 0, keep: 10 }).then(() => order.push('forgotten')),
        store.claimAssertion('c', 'jti', nowMs).then(() => order.push('written')),
      ]);
      expect(order).toEqual(['written', 'forgotten']);
      expect((await store.logs({ order: 'oldest first', page: firstOf(100) })).total).toBe(10);
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
