import { beforeEach, describe, expect, it } from 'vitest';
import { issuingApplication } from '../../src/model/issuing-application.ts';
import { newManagementApi, newResourceServer } from '../../src/model/resource-server.ts';
import type { TenantRecords, TenantStore, TenantWriter } from '../../src/store/tenant-store.ts';
import { aCredential, aGrant, anApplication, anOrganization, aSigningKey, aTenant, firstOf, recordsOf } from './a-tenant.ts';
import type { StoreUnderTest } from './store-under-test.ts';

/** What a store does with what is written. */
export function writesContract(open: () => Promise<StoreUnderTest>): void {
  describe('when it is written', () => {
    let store: TenantStore;
    let reopen: () => Promise<TenantStore>;
    beforeEach(async () => {
      ({ store, reopen } = await open());
    });
    const insert = (records: TenantRecords): Promise<void> => store.write((transaction) => transaction.insert(records));

    it('is empty at first', async () => {
      const none = { settings: {}, signingKeys: [], resourceServers: [], applications: [], credentials: [] };
      expect(await store.issuing()).toEqual({ ...none, organizations: [], clientGrants: [], organizationGrants: [] });
      expect(await store.applications({}, firstOf(10))).toEqual({ items: [], total: 0, next: undefined });
      expect(await store.signingKeys()).toEqual([]);
      const named = [store.setting('x'), store.application('x'), store.credential('x'), store.resourceServer('x')];
      const others = [store.clientGrant('x'), store.organization('x'), store.organizationNamed('x'), store.log('x')];
      expect(await Promise.all([...named, ...others])).toEqual(Array.from({ length: 8 }, () => undefined));
    });

    it('gives back what was written, also when it is opened anew', async () => {
      const tenant = aTenant();
      await insert(tenant);
      for (const opened of [store, await reopen()]) {
        const { settings, organizationGrants, ...records } = tenant;
        expect(await recordsOf(opened)).toEqual(records);
        for (const [name, value] of Object.entries(settings)) expect(await opened.setting(name)).toBe(value);
        const applications = tenant.applications.map(issuingApplication);
        expect(plain(await opened.issuing())).toEqual(plain({ ...tenant, applications }));
        for (const { organizationId } of organizationGrants) {
          const ids = organizationGrants.filter((grant) => grant.organizationId === organizationId).map((grant) => grant.clientGrantId);
          expect((await opened.clientGrants({ organizationId }, firstOf(10))).items.map(({ id }) => id)).toEqual(ids);
        }
      }
    });

    it('gives each record by its name', async () => {
      const tenant = aTenant();
      await insert(tenant);
      for (const one of tenant.applications) expect(await store.application(one.clientId)).toEqual(one);
      for (const one of tenant.credentials) expect(await store.credential(one.id)).toEqual(one);
      for (const one of tenant.resourceServers) expect(await store.resourceServer(one.id)).toEqual(one);
      for (const one of tenant.clientGrants) expect(await store.clientGrant(one.id)).toEqual(one);
      for (const one of tenant.organizations) {
        expect(await store.organization(one.id)).toEqual(one);
        expect(await store.organizationNamed(one.name)).toEqual(one);
      }
    });

    it('takes texts as they are, also where a database has its own meaning for a character', async () => {
      const names = ["a'b", 'a\u0000b', 'a\uE000b', 'a\uE000\uE001b', '$1 ? :x', '\\', '%_', '\u{1F512}'];
      await insert({
        settings: Object.fromEntries(names.map((name) => [name, name])),
        organizations: names.map((name) => anOrganization(name)),
      });
      for (const name of names) {
        expect(await store.setting(name)).toBe(name);
        expect((await store.organizationNamed(name))?.name).toBe(name);
      }
      expect(await store.setting('a')).toBeUndefined();
    });

    it('writes all or nothing, and says so when something is there already', async () => {
      const tenant = aTenant();
      await insert(tenant);
      const before = await store.issuing();
      const [application, api] = [tenant.applications[0]!, tenant.resourceServers[1]!];
      const twice: TenantRecords[] = [
        { applications: [application] },
        { resourceServers: [api] },
        { resourceServers: [newResourceServer(api.identifier ?? '')] },
        { clientGrants: [tenant.clientGrants[0]!] },
        { clientGrants: [aGrant(application, api)] },
        { clientGrants: [aGrant(application, api, { clientId: undefined, defaultFor: 'third_party_clients' })] },
        { settings: { one: '2' } },
        { signingKeys: [aSigningKey('current')] },
        { credentials: [tenant.credentials[0]!] },
        { organizations: [anOrganization('acme')] },
        { organizationGrants: [tenant.organizationGrants[0]!] },
      ];
      for (const records of twice) {
        const applications = [anApplication('Fresh'), ...(records.applications ?? [])];
        await expect(insert({ ...records, applications })).rejects.toMatchObject({ code: 'already_exists' });
      }
      expect(await store.issuing()).toEqual(before);
    });

    it('takes a grant for users beside the one for the client itself', async () => {
      const [api, worker] = [newManagementApi(), anApplication('Worker')];
      await insert({ resourceServers: [api], applications: [worker], clientGrants: [aGrant(worker, api)] });
      await insert({ clientGrants: [aGrant(worker, api, { subjectType: 'user' })] });
      expect((await store.clientGrants({}, firstOf(10))).total).toBe(2);
    });

    it('refuses what points at a record that there is not', async () => {
      const tenant = aTenant();
      await insert(tenant);
      const before = await store.issuing();
      const [application, api, nobody] = [tenant.applications[0]!, tenant.resourceServers[0]!, anApplication('Nobody')];
      for (const records of [
        { clientGrants: [aGrant(nobody, api)] },
        { clientGrants: [aGrant(application, newManagementApi())] },
        { credentials: [aCredential(nobody)] },
        { organizationGrants: [{ organizationId: 'org_none', clientGrantId: tenant.clientGrants[0]!.id }] },
        { organizationGrants: [{ organizationId: tenant.organizations[0]!.id, clientGrantId: 'cgr_none' }] },
      ]) {
        await expect(insert(records)).rejects.toMatchObject({ code: 'not_found' });
      }
      expect(await store.issuing()).toEqual(before);
    });

    it('removes an application with its grants and credentials, and says what went', async () => {
      const tenant = aTenant();
      await insert(tenant);
      const worker = tenant.applications[1]!;
      const removed = await store.write((transaction) => transaction.remove({ applications: [worker.clientId, 'unknown'] }));
      expect(sorted(removed)).toEqual(
        sorted({
          applications: [worker.clientId],
          credentials: tenant.credentials.map(({ id }) => id),
          clientGrants: tenant.clientGrants.filter(({ clientId }) => clientId === worker.clientId).map(({ id }) => id),
          organizationGrants: [tenant.organizationGrants[0]!],
        }),
      );
      const after = await recordsOf(await reopen());
      expect(after.applications).toEqual([tenant.applications[0]]);
      expect(after.credentials).toEqual([]);
      expect(after.clientGrants).toEqual(tenant.clientGrants.slice(3));
      expect((await store.issuing()).organizationGrants).toEqual(tenant.organizationGrants.slice(1));
    });

    it('removes an API, a grant, an organization and an association, each with what hangs on it', async () => {
      const tenant = aTenant();
      await insert(tenant);
      const [association, ...others] = tenant.organizationGrants;
      const remove = (names: Parameters<TenantWriter['remove']>[0]): Promise<unknown> =>
        store.write(async (transaction) => sorted(await transaction.remove(names)));
      expect(await remove({ organizationGrants: [association!] })).toEqual({ organizationGrants: [association] });
      expect(await remove({ organizationGrants: [association!] })).toEqual({});
      const beta = tenant.organizations[1]!;
      expect(await remove({ organizations: [beta.id] })).toEqual({ organizations: [beta.id], organizationGrants: [others[1]] });
      const grant = tenant.clientGrants[4]!;
      expect(await remove({ clientGrants: [grant.id] })).toEqual({ clientGrants: [grant.id], organizationGrants: [others[0]] });
      const api = tenant.resourceServers[1]!;
      const ofApi = tenant.clientGrants.slice(1, 4).map(({ id }) => id);
      expect(await remove({ resourceServers: [api.id] })).toEqual({ resourceServers: [api.id], clientGrants: ofApi.toSorted() });
      expect(await remove({ signingKeys: ['gone'], credentials: [tenant.credentials[0]!.id] })).toEqual({
        signingKeys: ['gone'],
        credentials: [tenant.credentials[0]!.id],
      });
      const after = await recordsOf(await reopen());
      expect(after).toMatchObject({ clientGrants: [tenant.clientGrants[0]], resourceServers: [tenant.resourceServers[0]] });
      expect((await store.issuing()).organizationGrants).toEqual([]);
    });

    it('reads within a transaction what it wrote there, and nobody else does before it ends', async () => {
      await insert({ settings: { count: '1' } });
      let outside: string | undefined;
      const answer = await store.write(async (transaction) => {
        await transaction.replace({ settings: { count: '2' } });
        await transaction.insert({ applications: [anApplication('Inside')] });
        outside = await store.setting('count');
        const { total, items } = await transaction.applications({}, firstOf(10));
        return [await transaction.setting('count'), total, items.length];
      });
      expect(answer).toEqual(['2', 1, 1]);
      expect(outside).toBe('1');
      expect(await store.setting('count')).toBe('2');
    });

    it('lets one writer at a time read and write, so that no change is lost', async () => {
      await insert({ settings: { count: '0' } });
      const other = await reopen();
      const increment = (on: TenantStore): Promise<void> =>
        on.write(async (transaction) => {
          const count = Number(await transaction.setting('count'));
          await transaction.replace({ settings: { count: String(count + 1) } });
        });
      // Two stores in one process wait for each other only where the database lets them wait without blocking it.
      for (let round = 0; round < 10; round += 1) await Promise.all([increment(store), increment(store)]);
      for (let round = 0; round < 5; round += 1) await increment(other);
      expect(await store.setting('count')).toBe('25');
    });

    it('keeps nothing of work that throws, nor of work that goes on after a call that threw', async () => {
      await insert({ settings: { one: '1' } });
      const thrown = store.write(async (transaction) => {
        await transaction.insert({ settings: { two: '2' } });
        throw new Error('enough');
      });
      await expect(thrown).rejects.toThrow('enough');
      const swallowed = store.write(async (transaction) => {
        await transaction.insert({ settings: { three: '3' } });
        await transaction.insert({ settings: { one: 'again' } }).catch(() => undefined);
      });
      await expect(swallowed).rejects.toMatchObject({ code: 'already_exists' });
      expect((await store.issuing()).settings).toEqual({ one: '1' });
    });

    it('holds many records written at once', async () => {
      const api = newManagementApi();
      const applications = Array.from({ length: 1_200 }, (_, at) => anApplication(`App ${at}`));
      const clientGrants = applications.map((application) => aGrant(application, api));
      await insert({ resourceServers: [api], applications, clientGrants });
      expect((await store.applications({}, firstOf(1))).total).toBe(1_200);
      const issuing = await store.issuing();
      expect(issuing.applications).toEqual(applications.map(issuingApplication));
      expect(issuing.clientGrants).toEqual(clientGrants);
      const clientIds = applications.slice(0, 1_100).map(({ clientId }) => clientId);
      const removed = await store.write((transaction) => transaction.remove({ applications: clientIds }));
      expect([removed.applications?.length, removed.clientGrants?.length]).toEqual([1_100, 1_100]);
      expect((await store.clientGrants({}, firstOf(1))).total).toBe(100);
    });
  });
}

/** Buffers and arrays of bytes alike. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, part: unknown) => (part instanceof Uint8Array ? [...part] : part === undefined ? null : part)),
    (_, part: unknown) => ((part as { type?: unknown } | null)?.type === 'Buffer' ? (part as { data: unknown }).data : part),
  );

/** The order within a kind is not promised. */
function sorted(names: object): object {
  return Object.fromEntries(
    Object.entries(names).map(([kind, list]) => [
      kind,
      (list as unknown[]).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    ]),
  );
}
