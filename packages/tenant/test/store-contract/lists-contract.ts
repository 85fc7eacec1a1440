import { beforeEach, describe, expect, it } from 'vitest';
import type { ClientGrant } from '../../src/model/client-grant.ts';
import { newManagementApi, newResourceServer } from '../../src/model/resource-server.ts';
import type { ApplicationFilter, ClientGrantFilter, TenantRecords, TenantStore } from '../../src/store/tenant-store.ts';
import { aGrant, anApplication, anOrganization, firstOf, namesOf } from './a-tenant.ts';
import type { StoreUnderTest } from './store-under-test.ts';

/** How a store lists. */
export function listsContract(open: () => Promise<StoreUnderTest>): void {
  describe('when it is listed', () => {
    let store: TenantStore;
    beforeEach(async () => {
      ({ store } = await open());
    });
    const insert = (records: TenantRecords): Promise<void> => store.write((transaction) => transaction.insert(records));

    it('lists applications as created, the global one last', async () => {
      await insert({ applications: [{ ...anApplication('All'), isGlobal: true }, anApplication('A'), anApplication('B')] });
      await insert({ applications: [anApplication('C')] });
      expect(namesOf(await store.applications({}, firstOf(10)))).toEqual(['A', 'B', 'C', 'All']);
      const page = await store.applications({}, firstOf(2, 1));
      expect(namesOf(page)).toEqual(['B', 'C']);
      expect(page.total).toBe(4);
      expect(await store.applications({}, firstOf(2, 9))).toEqual({ items: [], total: 4, next: undefined });
      expect((await store.applications({}, firstOf(0))).items).toEqual([]);
    });

    it('goes on after a place, and meets what was added meanwhile', async () => {
      await insert({ applications: [{ ...anApplication('All'), isGlobal: true }, anApplication('A'), anApplication('B')] });
      const start = await store.applications({}, { kind: 'after', after: undefined, limit: 2 });
      expect(namesOf(start)).toEqual(['A', 'B']);
      await insert({ applications: [anApplication('C')] });
      const rest = await store.applications({}, { kind: 'after', after: start.next, limit: 2 });
      expect(namesOf(rest)).toEqual(['C', 'All']);
      expect(rest.next).toBeUndefined();
      // A place stays good when what stood there is gone.
      const { items } = start;
      await store.write((transaction) => transaction.remove({ applications: items.map(({ clientId }) => clientId) }));
      expect(namesOf(await store.applications({}, { kind: 'after', after: start.next, limit: 1 }))).toEqual(['C']);
    });

    it('counts anew after each write, of whatever filter', async () => {
      const total = async (filter: ApplicationFilter): Promise<number | undefined> => (await store.applications(filter, firstOf(1))).total;
      const [one, two] = [anApplication('One', { app_type: 'spa' }), anApplication('Two')];
      await insert({ applications: [one, two] });
      expect([await total({}), await total({ appTypes: ['spa'] }), await total({})]).toEqual([2, 1, 2]);
      await store.write((transaction) => transaction.remove({ applications: [one.clientId] }));
      expect([await total({}), await total({ appTypes: ['spa'] })]).toEqual([1, 0]);
    });

    it('filters applications', async () => {
      await insert({
        applications: [
          { ...anApplication('All'), isGlobal: true },
          anApplication('Spa', { app_type: 'spa' }),
          anApplication('Third', { is_first_party: false }),
          anApplication('Native', { app_type: 'native' }),
        ],
      });
      const found = async (filter: ApplicationFilter): Promise<string[]> => {
        const page = await store.applications(filter, firstOf(10));
        expect(page.total).toBe(page.items.length);
        return namesOf(page);
      };
      expect(await found({ isGlobal: true })).toEqual(['All']);
      expect(await found({ isGlobal: false })).toEqual(['Spa', 'Third', 'Native']);
      expect(await found({ isFirstParty: false })).toEqual(['Third']);
      expect(await found({ appTypes: ['spa', 'native'] })).toEqual(['Spa', 'Native']);
      expect(await found({ appTypes: ['spa'], isFirstParty: false })).toEqual([]);
      expect(await found({ appTypes: [] })).toEqual([]);
    });

    it('finds the applications whose grants are for an organization, or for any', async () => {
      const api = newManagementApi();
      const [one, two, three] = [anApplication('One'), anApplication('Two'), anApplication('Three')];
      const [acme, beta] = [anOrganization('acme'), anOrganization('beta')];
      const grants = [aGrant(one, api), aGrant(two, api, { allowAnyOrganization: true })];
      const openToAll = aGrant(three, api, { clientId: undefined, defaultFor: 'third_party_clients', allowAnyOrganization: true });
      await insert({
        resourceServers: [api],
        applications: [one, two, three],
        organizations: [acme, beta],
        clientGrants: [...grants, openToAll],
        organizationGrants: [{ organizationId: acme.id, clientGrantId: grants[0]!.id }],
      });
      expect(namesOf(await store.applications({ organizationId: acme.id }, firstOf(10)))).toEqual(['One']);
      expect(namesOf(await store.applications({ organizationId: beta.id }, firstOf(10)))).toEqual([]);
      expect(namesOf(await store.applications({ allowAnyOrganization: true }, firstOf(10)))).toEqual(['Two']);
      expect(namesOf(await store.applications({ allowAnyOrganization: false }, firstOf(10)))).toEqual(['One', 'Three']);
      expect((await store.organizations({ clientGrantId: grants[0]!.id }, firstOf(10))).items).toEqual([acme]);
      expect((await store.organizations({ clientGrantId: grants[1]!.id }, firstOf(10))).items).toEqual([]);
    });

    it('filters and pages grants and APIs', async () => {
      const [api, other] = [newManagementApi(), newResourceServer('https://a/')];
      const [one, two] = [anApplication('One'), anApplication('Two')];
      const grants = [
        aGrant(one, api),
        aGrant(one, other, { allowAnyOrganization: true }),
        aGrant(two, api, { allowAnyOrganization: false }),
        aGrant(two, other, { subjectType: 'user' }),
        aGrant(two, other, { clientId: undefined, defaultFor: 'third_party_clients' }),
      ];
      await insert({ applications: [one, two], resourceServers: [api, other], clientGrants: grants });
      const found = async (filter: ClientGrantFilter): Promise<readonly ClientGrant[]> =>
        (await store.clientGrants(filter, firstOf(10))).items;
      expect(await found({ clientId: one.clientId })).toEqual([grants[0], grants[1]]);
      expect(await found({ resourceServerId: api.id })).toEqual([grants[0], grants[2]]);
      expect(await found({ clientId: two.clientId, resourceServerId: other.id, subjectType: 'client' })).toEqual([]);
      expect(await found({ subjectType: 'user' })).toEqual([grants[3]]);
      expect(await found({ allowAnyOrganization: true })).toEqual([grants[1]]);
      expect(await found({ allowAnyOrganization: false })).toEqual([grants[0], grants[2], grants[3], grants[4]]);
      expect(await found({ defaultFor: 'third_party_clients' })).toEqual([grants[4]]);
      expect(await found({ ids: [grants[2]!.id, grants[0]!.id, 'unknown'] })).toEqual([grants[0], grants[2]]);
      expect(await found({ ids: [] })).toEqual([]);
      const start = await store.clientGrants({}, { kind: 'after', after: undefined, limit: 2 });
      expect((await store.clientGrants({}, { kind: 'after', after: start.next, limit: 2 })).items).toEqual([grants[2], grants[3]]);
      expect((await store.resourceServers({ ids: [other.id, 'unknown'] }, firstOf(10))).items).toEqual([other]);
      expect((await store.resourceServers({ ids: [] }, firstOf(10))).total).toBe(0);
    });
  });
}
