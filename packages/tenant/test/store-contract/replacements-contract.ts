import { beforeEach, describe, expect, it } from 'vitest';
import type { ClientGrant } from '../../src/model/client-grant.ts';
import type { Organization } from '../../src/model/organization.ts';
import { newManagementApi, newResourceServer, type ResourceServer } from '../../src/model/resource-server.ts';
import type { TenantRecords, TenantStore } from '../../src/store/tenant-store.ts';
import { anApplication, anOrganization, aSigningKey, aTenant, nowMs, recordsOf } from './a-tenant.ts';
import type { StoreUnderTest } from './store-under-test.ts';

/** What a store does with records that take the place of others. */
export function replacementsContract(open: () => Promise<StoreUnderTest>): void {
  describe('when records take the place of others', () => {
    let store: TenantStore;
    let reopen: () => Promise<TenantStore>;
    beforeEach(async () => {
      ({ store, reopen } = await open());
    });
    const insert = (records: TenantRecords): Promise<void> => store.write((transaction) => transaction.insert(records));
    const replace = (records: TenantRecords): Promise<void> => store.write((transaction) => transaction.replace(records));

    it('lets a unique name go from one record to another in one call, in whatever order they stand', async () => {
      const tenant = aTenant();
      await insert(tenant);
      const [acme, beta] = tenant.organizations as [Organization, Organization];
      const third = newResourceServer('https://third.example/');
      await insert({ resourceServers: [third] });
      const [, orders] = tenant.resourceServers as [ResourceServer, ResourceServer];
      const [one, two, forUsers] = [1, 4, 2].map((at) => tenant.clientGrants[at]!) as [ClientGrant, ClientGrant, ClientGrant];
      const turns: [TenantRecords, TenantRecords][] = [
        [
          {
            organizations: [
              { ...acme, name: 'beta' },
              { ...beta, name: 'gamma' },
            ],
          },
          { organizations: [acme, beta] },
        ],
        [
          {
            organizations: [
              { ...acme, name: beta.name },
              { ...beta, name: acme.name },
            ],
          },
          { organizations: [acme, beta] },
        ],
        [
          {
            resourceServers: [
              { ...orders, identifier: third.identifier },
              { ...third, identifier: orders.identifier },
            ],
          },
          { resourceServers: [orders, third] },
        ],
        [
          {
            clientGrants: [
              { ...one, clientId: two.clientId },
              { ...two, clientId: one.clientId },
            ],
          },
          { clientGrants: [one, two] },
        ],
        [
          {
            clientGrants: [
              { ...one, subjectType: 'user' },
              { ...forUsers, subjectType: 'client' },
            ],
          },
          { clientGrants: [one, forUsers] },
        ],
      ];
      const before = await recordsOf(store);
      for (const [there, back] of turns) {
        await replace(there);
        for (const { id, name } of there.organizations ?? []) expect((await store.organizationNamed(name))?.id).toBe(id);
        for (const server of there.resourceServers ?? []) expect(await store.resourceServer(server.id)).toEqual(server);
        for (const grant of there.clientGrants ?? []) expect(await store.clientGrant(grant.id)).toEqual(grant);
        await replace(back);
        expect(await recordsOf(store)).toEqual(before);
      }
      const taken = {
        organizations: [
          { ...acme, name: 'gamma' },
          { ...beta, name: 'gamma' },
        ],
      };
      await expect(replace(taken)).rejects.toMatchObject({ code: 'already_exists' });
      expect(await recordsOf(store)).toEqual(before);
    });

    it('puts changed records in the place of the former ones, and keeps their order', async () => {
      const tenant = aTenant();
      await insert(tenant);
      const [plainOne, worker] = [tenant.applications[0]!, tenant.applications[1]!];
      const changed: TenantRecords = {
        settings: { one: 'new', three: '3' },
        signingKeys: [aSigningKey('current', { state: 'previous', currentUntilMs: nowMs + 9 })],
        resourceServers: [{ ...tenant.resourceServers[1]!, signingSecret: undefined, properties: newManagementApi().properties }],
        applications: [
          { ...plainOne, clientSecret: 'new', formerSecret: { secret: plainOne.clientSecret, validUntilMs: 7 }, updatedAtMs: 8 },
        ],
        credentials: [{ ...tenant.credentials[0]!, expiresAtMs: undefined }],
        organizations: [{ ...tenant.organizations[0]!, name: 'acme-2', properties: {} }],
        clientGrants: [{ ...tenant.clientGrants[1]!, scope: ['x'], organizationUsage: undefined, allowAnyOrganization: undefined }],
      };
      await replace(changed);
      const after = await recordsOf(await reopen());
      expect(after).toEqual({
        signingKeys: [changed.signingKeys![0], tenant.signingKeys[1]],
        resourceServers: [tenant.resourceServers[0], changed.resourceServers![0]],
        applications: [changed.applications![0], worker],
        credentials: [changed.credentials![0], tenant.credentials[1]],
        organizations: [changed.organizations![0], tenant.organizations[1]],
        clientGrants: tenant.clientGrants.map((grant, at) => (at === 1 ? changed.clientGrants![0] : grant)),
      });
      expect([await store.setting('one'), await store.setting('two'), await store.setting('three')]).toEqual([
        'new',
        tenant.settings['two'],
        '3',
      ]);
      expect(after.applications[1]).toEqual(worker);
    });

    it('puts nothing in the place of what there is not, and nothing under a name that is taken', async () => {
      const tenant = aTenant();
      await insert(tenant);
      const before = await store.issuing();
      const known = tenant.organizations[0]!;
      for (const records of [
        { applications: [anApplication('Nobody')] },
        { resourceServers: [newManagementApi()] },
        { signingKeys: [aSigningKey('none')] },
        { organizations: [{ ...known, name: 'acme-2' }, anOrganization('nobody')] },
      ]) {
        await expect(replace(records)).rejects.toMatchObject({ code: 'not_found' });
      }
      await expect(replace({ organizations: [{ ...known, name: 'beta' }] })).rejects.toMatchObject({ code: 'already_exists' });
      expect(await store.issuing()).toEqual(before);
    });
  });
}
