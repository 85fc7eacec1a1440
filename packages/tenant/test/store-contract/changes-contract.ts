import { beforeEach, describe, expect, it } from 'vitest';
import { newManagementApi } from '../../src/model/resource-server.ts';
import type { TenantChange, TenantRecords, TenantStore } from '../../src/store/tenant-store.ts';
import { aGrant, anApplication, anOrganization, aTenant } from './a-tenant.ts';
import type { StoreUnderTest } from './store-under-test.ts';

/** What a store tells of writes. */
export function changesContract(open: () => Promise<StoreUnderTest>): void {
  describe('when it changes', () => {
    let store: TenantStore;
    let reopen: () => Promise<TenantStore>;
    beforeEach(async () => {
      ({ store, reopen } = await open());
    });
    const insert = (records: TenantRecords): Promise<void> => store.write((transaction) => transaction.insert(records));

    it('tells each write before the write resolves, and no failed one, and none that changed nothing', async () => {
      const changes = changesOf(store);
      const api = newManagementApi();
      await insert({ resourceServers: [api], settings: { one: '1' } });
      expect(changes).toEqual([{ written: { settings: { one: '1' }, resourceServers: [api] }, removed: {} }]);
      await expect(insert({ resourceServers: [api] })).rejects.toThrow();
      await store.write((transaction) => transaction.remove({ resourceServers: ['unknown'] }));
      await store.write((transaction) => transaction.setting('one'));
      expect(changes).toHaveLength(1);
      const changed = { ...api, signingSecret: 'changed' };
      await store.write((transaction) => transaction.replace({ resourceServers: [changed] }));
      await store.write((transaction) => transaction.remove({ resourceServers: [api.id] }));
      expect(changes.slice(1)).toEqual([
        { written: { resourceServers: [changed] }, removed: {} },
        { written: {}, removed: { resourceServers: [api.id] } },
      ]);
    });

    it('tells at once what another wrote, when it is asked to catch up, and tells it once', async () => {
      const other = await reopen();
      const changes = changesOf(other);
      await insert({ settings: { one: '1' } });
      await other.catchUp();
      expect(changes).toEqual([{ written: { settings: { one: '1' } }, removed: {} }]);
      await other.catchUp();
      expect(changes).toHaveLength(1);
    });

    it('tells of each record what the last step of a write made of it', async () => {
      const changes = changesOf(store);
      const [brief, lasting] = [anApplication('Brief'), anApplication('Lasting')];
      const changed = { ...lasting, clientSecret: 'changed' };
      await store.write(async (transaction) => {
        await transaction.insert({ applications: [brief, lasting] });
        await transaction.remove({ applications: [brief.clientId] });
        await transaction.replace({ applications: [changed] });
      });
      expect(changes).toEqual([{ written: { applications: [changed] }, removed: { applications: [brief.clientId] } }]);
      await store.write(async (transaction) => {
        await transaction.remove({ applications: [changed.clientId] });
        await transaction.insert({ applications: [lasting] });
      });
      expect(changes[1]).toEqual({ written: { applications: [lasting] }, removed: {} });
    });

    it('tells what went with a record that was removed', async () => {
      const [api, worker, acme] = [newManagementApi(), anApplication('Worker'), anOrganization('acme')];
      const grant = aGrant(worker, api);
      const association = { organizationId: acme.id, clientGrantId: grant.id };
      await insert({
        resourceServers: [api],
        applications: [worker],
        organizations: [acme],
        clientGrants: [grant],
        organizationGrants: [association],
      });
      const changes = changesOf(store);
      await store.write((transaction) => transaction.remove({ applications: [worker.clientId] }));
      expect(changes).toEqual([
        { written: {}, removed: { applications: [worker.clientId], clientGrants: [grant.id], organizationGrants: [association] } },
      ]);
    });

    it('tells another that has it open, everything and in the end the same', async () => {
      const other = await reopen();
      await other.issuing();
      const [heard, own] = [followed(other), followed(store)];
      const tenant = aTenant();
      await insert(tenant);
      await store.write((transaction) =>
        transaction.remove({
          applications: [tenant.applications[1]!.clientId],
          organizations: [tenant.organizations[0]!.id],
          signingKeys: ['gone'],
        }),
      );
      await store.write((transaction) => transaction.replace({ settings: { last: 'yes' } }));
      await expect.poll(() => heard.get('settings last')).toBe('yes');
      expect(Object.fromEntries(heard)).toEqual(Object.fromEntries(own));
      expect([...heard.keys()].filter((name) => name.startsWith('applications '))).toEqual([
        `applications ${tenant.applications[0]!.clientId}`,
      ]);
    });

    it('tells in order where both write, so that both end with the same', async () => {
      const other = await reopen();
      const states = [followed(store), followed(other)];
      for (let at = 0; at < 20; at += 1) {
        const writer = at % 3 === 0 ? other : store;
        await writer.write((transaction) => transaction.replace({ settings: { shared: String(at), [`of-${at}`]: 'x' } }));
        // Its own writer knows at once.
        expect((writer === store ? states[0] : states[1])!.get('settings shared')).toBe(String(at));
      }
      for (const state of states) {
        await expect.poll(() => state.get('settings shared')).toBe('19');
        expect(state.size).toBe(21);
      }
    });
  });
}

function changesOf(store: TenantStore): TenantChange[] {
  const changes: TenantChange[] = [];
  store.onChange((change) => changes.push(change));
  return changes;
}

/** What one knows who began with nothing and heard every change since, by kind and name. */
function followed(store: TenantStore): Map<string, unknown> {
  const known = new Map<string, unknown>();
  store.onChange(({ written, removed }) => {
    for (const [kind, names] of Object.entries(removed)) {
      for (const name of names as unknown[]) known.delete(`${kind} ${typeof name === 'string' ? name : JSON.stringify(name)}`);
    }
    for (const [kind, records] of Object.entries(written)) {
      if (kind === 'settings') for (const [name, value] of Object.entries(records)) known.set(`settings ${name}`, value);
      else for (const record of records as unknown as object[]) known.set(`${kind} ${nameOf(record)}`, record);
    }
  });
  return known;
}

function nameOf(record: object): string {
  const { id, kid, clientId, ...rest } = record as { id?: string; kid?: string; clientId?: string };
  return id ?? kid ?? clientId ?? JSON.stringify(rest);
}
