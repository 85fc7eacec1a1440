import { beforeEach, describe, expect, it } from 'vitest';
import type { Application } from '../src/model/application.ts';
import type { ClientGrant } from '../src/model/client-grant.ts';
import { newApplication } from '../src/model/new-application.ts';
import { newClientGrantId } from '../src/model/random-id.ts';
import { newManagementApi, type ResourceServer } from '../src/model/resource-server.ts';
import type { SigningKey } from '../src/model/signing-key.ts';
import type { Page, PageRequest, TenantRecords, TenantStore } from '../src/store/tenant-store.ts';

/** A store to judge, and the same store opened anew. What is opened is closed by the one who opens it. */
export interface StoreUnderTest {
  readonly store: TenantStore;
  reopen(): Promise<TenantStore>;
}

const first = (limit: number, offset = 0): PageRequest => ({ kind: 'offset', offset, limit });
const app = (name: string, more: object = {}): Application => newApplication({ name, ...more });
const grant = (application: Application, server: ResourceServer, scope: string[] = []): ClientGrant => ({
  id: newClientGrantId(),
  clientId: application.clientId,
  resourceServerId: server.id,
  scope,
  subjectType: 'client',
});
const names = ({ items }: Page<Application>): string[] => items.map(({ properties }) => properties.name);

/** What every {@link TenantStore} has to do. `open` gives a new, empty one for each test. */
export function tenantStoreContract(open: () => Promise<StoreUnderTest>): void {
  describe('as a tenant store', () => {
    let store: TenantStore;
    let reopen: () => Promise<TenantStore>;
    beforeEach(async () => {
      ({ store, reopen } = await open());
    });

    it('is empty at first', async () => {
      expect(await store.everything()).toEqual({ settings: {}, signingKeys: [], resourceServers: [], applications: [], clientGrants: [] });
      expect(await store.setting('x')).toBeUndefined();
      expect(await store.application('x')).toBeUndefined();
      expect(await store.applications({}, first(10))).toEqual({ items: [], total: 0, next: undefined });
    });

    it('gives back what was written, also when it is opened anew', async () => {
      const key: SigningKey = { kid: 'k', state: 'current', certificatePem: 'certificate', privateKeyPem: 'private' };
      const api = newManagementApi();
      const other: ResourceServer = { ...newManagementApi(), identifier: 'https://a/', name: undefined, scopes: [], isSystem: false };
      const worker = app('Wörker \u0000 "x"', { client_metadata: { a: '1' }, callbacks: [] });
      const records: Required<TenantRecords> = {
        settings: { one: '1' },
        signingKeys: [key],
        resourceServers: [api, other],
        applications: [worker],
        clientGrants: [grant(worker, api, ['read:clients'])],
      };
      await store.insert(records);
      for (const opened of [store, await reopen()]) {
        expect(await opened.everything()).toEqual(records);
        expect(await opened.setting('one')).toBe('1');
        expect(await opened.application(worker.clientId)).toEqual(worker);
        expect((await opened.resourceServers({}, first(10))).items).toEqual([api, other]);
        expect((await opened.clientGrants({}, first(10))).items).toEqual(records.clientGrants);
      }
    });

    it('writes all or nothing, and says so when something is there already', async () => {
      const api = newManagementApi();
      const worker = app('Worker');
      await store.insert({ applications: [worker], resourceServers: [api], clientGrants: [grant(worker, api)], settings: { a: '1' } });
      const before = await store.everything();
      for (const twice of [
        { applications: [worker] },
        { resourceServers: [api] },
        { clientGrants: [grant(worker, api)] },
        { settings: { a: '2' } },
      ]) {
        const fresh = app('Fresh');
        await expect(
          store.insert({ ...twice, applications: [fresh, ...('applications' in twice ? twice.applications : [])] }),
        ).rejects.toMatchObject({
          code: 'already_exists',
        });
      }
      expect(await store.everything()).toEqual(before);
    });

    it('refuses a grant of a client or for an API that there is not', async () => {
      const api = newManagementApi();
      const worker = app('Worker');
      await store.insert({ applications: [worker], resourceServers: [api] });
      await expect(store.insert({ clientGrants: [grant(app('Nobody'), api)] })).rejects.toThrow();
      await expect(store.insert({ clientGrants: [grant(worker, newManagementApi())] })).rejects.toThrow();
      expect((await store.clientGrants({}, first(10))).total).toBe(0);
    });

    it('tells each write to its listeners before the write resolves, and no failed one', async () => {
      const written: TenantRecords[] = [];
      store.onWrite((records) => written.push(records));
      const api = newManagementApi();
      await store.insert({ resourceServers: [api] });
      await store.setTokenLifetime(api.id, 10);
      await expect(store.insert({ resourceServers: [api] })).rejects.toThrow();
      expect(written).toEqual([{ resourceServers: [api] }, { resourceServers: [{ ...api, tokenLifetimeSeconds: 10 }] }]);
    });

    it('changes the lifetime of one API and of no unknown one', async () => {
      const api = newManagementApi();
      const other: ResourceServer = { ...newManagementApi(), identifier: 'https://a/' };
      await store.insert({ resourceServers: [api, other] });
      await store.setTokenLifetime(api.id, 60);
      await expect(store.setTokenLifetime('unknown', 60)).rejects.toMatchObject({ code: 'not_found' });
      const { items } = await store.resourceServers({}, first(10));
      expect(items.map(({ tokenLifetimeSeconds }) => tokenLifetimeSeconds)).toEqual([60, 86_400]);
    });

    it('lists applications as created, the global one last', async () => {
      await store.insert({ applications: [{ ...app('All'), isGlobal: true }, app('A'), app('B')] });
      await store.insert({ applications: [app('C')] });
      expect(names(await store.applications({}, first(10)))).toEqual(['A', 'B', 'C', 'All']);
      const page = await store.applications({}, first(2, 1));
      expect(names(page)).toEqual(['B', 'C']);
      expect(page.total).toBe(4);
      expect(await store.applications({}, first(2, 9))).toEqual({ items: [], total: 4, next: undefined });
      expect((await store.applications({}, first(0))).items).toEqual([]);
    });

    it('goes on after a place, and meets what was added meanwhile', async () => {
      await store.insert({ applications: [{ ...app('All'), isGlobal: true }, app('A'), app('B')] });
      const start = await store.applications({}, { kind: 'after', after: undefined, limit: 2 });
      expect(names(start)).toEqual(['A', 'B']);
      await store.insert({ applications: [app('C')] });
      const rest = await store.applications({}, { kind: 'after', after: start.next, limit: 2 });
      expect(names(rest)).toEqual(['C', 'All']);
      expect(rest.next).toBeUndefined();
    });

    it('filters applications', async () => {
      await store.insert({
        applications: [
          { ...app('All'), isGlobal: true },
          app('Spa', { app_type: 'spa' }),
          app('Third', { is_first_party: false }),
          app('Native', { app_type: 'native' }),
        ],
      });
      const found = async (filter: Parameters<TenantStore['applications']>[0]): Promise<string[]> => {
        const page = await store.applications(filter, first(10));
        expect(page.total).toBe(page.items.length);
        return names(page);
      };
      expect(await found({ isGlobal: true })).toEqual(['All']);
      expect(await found({ isGlobal: false })).toEqual(['Spa', 'Third', 'Native']);
      expect(await found({ isFirstParty: false })).toEqual(['Third']);
      expect(await found({ appTypes: ['spa', 'native'] })).toEqual(['Spa', 'Native']);
      expect(await found({ appTypes: ['spa'], isFirstParty: false })).toEqual([]);
      expect(await found({ appTypes: [] })).toEqual([]);
    });

    it('filters and pages grants and APIs', async () => {
      const [api, other] = [newManagementApi(), { ...newManagementApi(), identifier: 'https://a/' }];
      const [one, two] = [app('One'), app('Two')];
      const grants = [grant(one, api), grant(one, other), grant(two, api)];
      await store.insert({ applications: [one, two], resourceServers: [api, other], clientGrants: grants });
      const found = async (filter: Parameters<TenantStore['clientGrants']>[0]): Promise<readonly ClientGrant[]> =>
        (await store.clientGrants(filter, first(10))).items;
      expect(await found({ clientId: one.clientId })).toEqual([grants[0], grants[1]]);
      expect(await found({ resourceServerId: api.id })).toEqual([grants[0], grants[2]]);
      expect(await found({ clientId: two.clientId, resourceServerId: other.id })).toEqual([]);
      const start = await store.clientGrants({}, { kind: 'after', after: undefined, limit: 2 });
      expect((await store.clientGrants({}, { kind: 'after', after: start.next, limit: 2 })).items).toEqual([grants[2]]);
      expect((await store.resourceServers({ ids: [other.id, 'unknown'] }, first(10))).items).toEqual([other]);
      expect((await store.resourceServers({ ids: [] }, first(10))).total).toBe(0);
    });
  });
}
