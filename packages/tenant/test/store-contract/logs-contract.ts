import { beforeEach, describe, expect, it } from 'vitest';
import type { LogEntry, LogRun } from '../../src/model/log-entry.ts';
import { logIdFollowing, logPlaceAt } from '../../src/model/log-id.ts';
import type { LogFilter, LogQuery, TenantStore } from '../../src/store/tenant-store.ts';
import { firstOf, nowMs, runsOf } from './a-tenant.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const idAt = (at: number): string => `${logPlaceAt(nowMs + at)}${'0'.repeat(15)}00001`;

const anEntry = (at: number, more: Partial<LogEntry> = {}): LogEntry => {
  const id = idAt(at);
  return { id, atMs: nowMs + at, type: 'seccft', clientId: 'one', event: { _id: id, log_id: id, text: `ä \u0000 ${at}` }, ...more };
};

/** A run whose id is made at `at`, and the entries of it. */
function aRun(at: number, times: readonly number[], more: { type?: string; clientId?: string } = {}): { run: LogRun; entries: LogEntry[] } {
  const all = { id: idAt(at), atMs: nowMs + at, type: 'seccft', clientId: 'one', ...more };
  const each = times.flatMap((afterMs, place) => (place % 2 === 0 ? Array<number>(times[place + 1] ?? 0).fill(afterMs) : []));
  const event = { text: `run ${at}` };
  const entries = each.map((afterMs, steps) => ({ ...all, id: logIdFollowing(all.id, steps), atMs: all.atMs + afterMs, event }));
  return { run: { ...all, event: JSON.stringify(event), count: each.length, times }, entries };
}

/** What a store does with the entries of the logs. */
export function logsContract(open: () => Promise<StoreUnderTest>): void {
  describe('the logs', () => {
    let store: TenantStore;
    let reopen: () => Promise<TenantStore>;
    beforeEach(async () => {
      ({ store, reopen } = await open());
    });

    it('keeps log entries, each once, and gives them by id and by page', async () => {
      const entries = Array.from({ length: 5 }, (_, at) => anEntry(at));
      await store.appendLogs(runsOf(entries.slice(0, 3)));
      await store.appendLogs(runsOf([{ ...entries[2]!, type: 'changed' }, ...entries.slice(3)]));
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

    it('tells whether it keeps a run, and changes nothing by that', async () => {
      const entries = [anEntry(0), anEntry(2)];
      await store.appendLogs(runsOf(entries));
      for (const [id, isKept] of [
        [idAt(0), true],
        [idAt(1), false],
        [idAt(1), false],
      ] as const) {
        expect(await store.isLogKept(id)).toBe(isKept);
      }
      expect((await store.logs({ order: 'oldest first', page: firstOf(10) })).items).toEqual(entries);
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
      await store.appendLogs(runsOf(entries));
      await store.appendLogs(runsOf(entries));
      const { items } = await (await reopen()).logs({ order: 'oldest first', page: firstOf(10) });
      expect(items).toEqual([...entries.slice(0, 4), { ...entries[4], clientId: `half a pair: \ufffd, and a whole one: \u{1f600}` }]);
    });

    it('keeps many log entries of clients with long names', async () => {
      const entries = Array.from({ length: 150 }, (_, at) => anEntry(at, { clientId: `${at}-${'x'.repeat(10_000)}` }));
      await store.appendLogs(runsOf(entries));
      expect((await store.logs({ order: 'oldest first', page: firstOf(200) })).items).toEqual(entries);
    });

    it('filters log entries', async () => {
      const entries = [
        anEntry(0),
        anEntry(1, { type: 'feccft' }),
        anEntry(2, { clientId: 'two' }),
        anEntry(3, { clientId: undefined, type: 'sapi' }),
      ];
      await store.appendLogs(runsOf(entries));
      const found = async (filter: LogFilter): Promise<readonly LogEntry[]> => {
        const { items, total } = await store.logs({ filter, order: 'oldest first', page: firstOf(10) });
        expect(total).toBe(items.length);
        return items;
      };
      expect(await found({ types: ['feccft', 'sapi'] })).toEqual([entries[1], entries[3]]);
      expect(await found({ clientId: 'two' })).toEqual([entries[2]]);
      expect(await found({ clientId: 'one', types: ['seccft'] })).toEqual([entries[0]]);
      expect(await found({ types: [] })).toEqual([]);
    });

    it('forgets log entries that are too old, and the oldest of too many', async () => {
      const entries = Array.from({ length: 10 }, (_, at) => anEntry(at));
      await store.appendLogs(runsOf(entries));
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
      await store.appendLogs(runsOf(Array.from({ length: 1_600 }, (_, at) => anEntry(at))));
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
  });

  describe('runs of log entries', () => {
    const [one, two, three] = [
      aRun(0, [0, 2, 5, 1]),
      aRun(10, [0, 40, -3, 60], { type: 'feccft' }),
      aRun(20, [0, 1, 1, 1], { clientId: 'two' }),
    ];
    const between = anEntry(15, { type: 'sapi', clientId: undefined });
    const all = [...one.entries, ...two.entries, between, ...three.entries];
    let store: TenantStore;
    beforeEach(async () => {
      const opened = await open();
      const runs = [one.run, two.run, ...runsOf([between]), three.run];
      await opened.store.appendLogs(runs);
      await opened.store.appendLogs(runs.slice(1));
      store = await opened.reopen();
    });

    /** Ids of all pages of `limit`, one after the other by the place that each names. */
    async function pages(query: Omit<LogQuery, 'page'>, limit: number, before?: string): Promise<string[][]> {
      const found: string[][] = [];
      let after: string | undefined;
      do {
        const { items, next } = await store.logs({ ...query, page: { kind: 'after', after, before, limit } });
        found.push(items.map(({ id }) => id));
        after = next;
      } while (after !== undefined);
      return found;
    }
    const idsOf = (entries: readonly LogEntry[]): string[] => entries.map(({ id }) => id);

    it('gives each of their entries by its id, and no other', async () => {
      for (const entry of all) expect(await store.log(entry.id)).toEqual(entry);
      const unknown = [logIdFollowing(one.run.id, 3), logIdFollowing(between.id, 1), idAt(9), 'none', '', `${one.run.id}0`];
      for (const id of unknown) expect(await store.log(id)).toBeUndefined();
    });

    it('goes through them from place to place, wherever a page ends, in both orders', async () => {
      for (const order of ['oldest first', 'newest first'] as const) {
        const wanted = idsOf(order === 'oldest first' ? all : all.toReversed());
        for (const limit of [1, 7, 50, all.length, 1_000]) {
          const found = await pages({ order }, limit);
          expect(found.flat()).toEqual(wanted);
          expect(found.slice(0, -1).every(({ length }) => length === limit)).toBe(true);
        }
      }
      const [place] = idsOf(two.entries.slice(50));
      const before = await pages({ order: 'oldest first' }, 20, place);
      expect(before.flat()).toEqual(idsOf([...one.entries, ...two.entries.slice(0, 50)]));
      const newest = await pages({ order: 'newest first' }, 20, place);
      expect(newest.flat()).toEqual(before.flat().toReversed());
    });

    it('numbers and counts them by entries, also those that a filter leaves', async () => {
      const filters: [LogFilter, LogEntry[]][] = [
        [{}, all],
        [{ types: ['feccft', 'sapi'] }, [...two.entries, between]],
        [{ clientId: 'two' }, three.entries],
        [{ types: ['seccft'] }, [...one.entries, ...three.entries]],
        [{ types: ['none'] }, []],
      ];
      for (const [filter, entries] of filters) {
        for (const [limit, offset] of [
          [10, 0],
          [10, 1],
          [3, 2],
          [50, 50],
          [100, 102],
          [10, 1_000],
          [0, 0],
        ] as const) {
          const oldest = await store.logs({ filter, order: 'oldest first', page: firstOf(limit, offset) });
          expect([oldest.items, oldest.total]).toEqual([entries.slice(offset, offset + limit), entries.length]);
          const newest = await store.logs({ filter, order: 'newest first', page: firstOf(limit, offset) });
          expect([newest.items, newest.total]).toEqual([entries.toReversed().slice(offset, offset + limit), entries.length]);
          expect(oldest.next).toBe(limit > 0 && offset + limit < entries.length ? oldest.items.at(-1)?.id : undefined);
        }
        expect((await pages({ filter, order: 'oldest first' }, 30)).flat()).toEqual(idsOf(entries));
      }
    });

    it('finds those that match, within and across runs', async () => {
      const matches = ({ id }: LogEntry): boolean => Number(id.slice(-5)) % 3 === 0;
      const [wanted, place] = [all.filter(matches), two.entries[30]?.id ?? ''];
      for (const [search, entries] of [
        [{ matches }, wanted],
        [{ matches, sinceMs: nowMs + 10 }, wanted.filter(({ id }) => id >= two.run.id)],
        [{ matches: (entry: LogEntry) => matches(entry) && entry.id <= place, upTo: place }, wanted.filter(({ id }) => id <= place)],
      ] as const) {
        const page = await store.logs({ filter: { search }, order: 'oldest first', page: firstOf(10, 5) });
        expect([page.items, page.total]).toEqual([entries.slice(5, 15), entries.length]);
        expect((await pages({ filter: { search }, order: 'newest first' }, 7)).flat()).toEqual(idsOf(entries.toReversed()));
      }
      const counting = { ...firstOf(2), countUpTo: 4 };
      expect((await store.logs({ filter: { search: { matches } }, order: 'newest first', page: counting })).total).toBe(4);
      const ofType = { types: ['feccft'], search: { matches } };
      expect((await store.logs({ filter: ofType, order: 'newest first', page: firstOf(100) })).total).toBe(33);
    });

    it('finds the few of a type among many others, and those alone', async () => {
      const many = Array.from({ length: 12_000 }, (_, at) => {
        const isRare = at % 3_700 === 3_699 || at === 11_998;
        const type = isRare ? 'rare' : at % 2 === 0 ? 'even' : 'odd';
        return aRun(100 + at, isRare ? [0, 2] : [0, 1], { type, clientId: at % 4 === 0 ? 'four' : 'other' });
      });
      await store.appendLogs(many.map(({ run }) => run));
      const entries = many.flatMap((each) => each.entries);
      const matches = ({ id }: LogEntry): boolean => !id.endsWith('1');
      for (const filter of [
        { types: ['rare'] },
        { types: ['even'] },
        { types: ['even', 'rare'], clientId: 'four' },
        { types: ['rare'], search: { matches } },
        { types: ['rare', 'none'], search: { matches: () => true, upTo: idAt(8_000) } },
      ] satisfies LogFilter[]) {
        const { types, clientId, search } = filter as LogFilter;
        const wanted = entries.filter(
          (entry) =>
            types?.includes(entry.type) &&
            (clientId === undefined || entry.clientId === clientId) &&
            (search === undefined || (search.matches(entry) && entry.id <= (search.upTo ?? entry.id))),
        );
        for (const offset of [0, 3, 5, 7, 5_990]) {
          const oldest = await store.logs({ filter, order: 'oldest first', page: firstOf(4, offset) });
          expect([oldest.items, oldest.total]).toEqual([wanted.slice(offset, offset + 4), wanted.length]);
          const newest = await store.logs({ filter, order: 'newest first', page: firstOf(4, offset) });
          expect([newest.items, newest.total]).toEqual([wanted.toReversed().slice(offset, offset + 4), wanted.length]);
          expect(newest.next).toBe(offset + 4 < wanted.length ? newest.items.at(-1)?.id : undefined);
        }
      }
    });

    it('counts their entries where it tells how it is', async () => {
      expect((await store.check()).counts['logs']).toBe(all.length);
    });

    it('forgets them whole', async () => {
      const left = async (): Promise<readonly LogEntry[]> => (await store.logs({ order: 'oldest first', page: firstOf(1_000) })).items;
      await store.pruneLogs({ olderThanMs: nowMs, keep: 103 });
      expect(await left()).toEqual(all.slice(3));
      await store.pruneLogs({ olderThanMs: nowMs, keep: 4 });
      expect(await left()).toEqual(all.slice(3));
      await store.pruneLogs({ olderThanMs: nowMs, keep: 3 });
      expect(await left()).toEqual([between, ...three.entries]);
      await store.pruneLogs({ olderThanMs: nowMs + 20, keep: 3 });
      expect(await left()).toEqual(three.entries);
    });
  });
}
