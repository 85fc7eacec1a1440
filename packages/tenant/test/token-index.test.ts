import { describe, expect, it } from 'vitest';
import { newSigningKey } from '../src/issue/new-signing-key.ts';
import { TokenIndex } from '../src/issue/token-index.ts';
import { newClientGrant } from '../src/model/client-grant.ts';
import type { Organization } from '../src/model/organization.ts';
import { newResourceServer } from '../src/model/resource-server.ts';
import type { SigningKey } from '../src/model/signing-key.ts';
import { tenantSettingsName } from '../src/model/tenant-settings.ts';
import type { RecordNames, TenantRecords } from '../src/store/tenant-store.ts';

const nowMs = 1_790_000_000_000;

function indexOf(written: TenantRecords): {
  index: TokenIndex;
  write: (records: TenantRecords) => void;
  remove: (names: RecordNames) => void;
} {
  const index = new TokenIndex('a.example');
  const write = (records: TenantRecords): void => index.apply({ written: records, removed: {} });
  write(written);
  return { index, write, remove: (removed) => index.apply({ written: {}, removed }) };
}

describe('TokenIndex', () => {
  it('follows a rotation: the next key signs, the former one is still published, until it is revoked', async () => {
    const [one, two, three] = (await Promise.all(
      ['current', 'next', 'next'].map((state) => newSigningKey(state as SigningKey['state'], 'a', nowMs)),
    )) as [SigningKey, SigningKey, SigningKey];
    const { index, write } = indexOf({ signingKeys: [one, two] });
    const published = (): string[] => index.signingKeys().map(({ kid, state }) => `${kid} ${state}`);
    expect(index.currentKey().kid).toBe(one.kid);
    expect(index.signingKeys()).toBe(index.signingKeys());
    write({ signingKeys: [{ ...one, state: 'previous' }, { ...two, state: 'current' }, three] });
    expect(index.currentKey().kid).toBe(two.kid);
    expect(published()).toEqual([`${two.kid} current`, `${three.kid} next`, `${one.kid} previous`]);
    write({ signingKeys: [{ ...one, state: 'revoked', privateKeyPem: undefined }] });
    expect(published()).toEqual([`${two.kid} current`, `${three.kid} next`]);
    expect(index.signingKey(one.kid)).toBeUndefined();
  });

  it('forgets what is removed, and gives back what comes again', () => {
    const api = newResourceServer('https://api/');
    const grant = newClientGrant({ id: 'cgr_1', clientId: 'one', resourceServerId: api.id, scope: ['a'] });
    const organization: Organization = { id: 'org_1', name: 'one', properties: {} };
    const association = { organizationId: 'org_1', clientGrantId: 'cgr_1' };
    const all: TenantRecords = {
      resourceServers: [api],
      clientGrants: [grant],
      organizations: [organization],
      organizationGrants: [association],
    };
    const { index, write, remove } = indexOf(all);
    const one = { clientId: 'one', isThirdParty: false };
    const seen = (): unknown[] => [
      index.resourceServer('https://api/')?.id,
      index.resourceServerById(api.id)?.id,
      index.grants.grantOf(one, api.id)?.id,
      index.organization('org_1')?.id,
      index.organizationNamed('one')?.id,
      index.grants.isAssociated(association),
    ];
    const there = [api.id, api.id, 'cgr_1', 'org_1', 'org_1', true];
    expect(seen()).toEqual(there);
    remove({ resourceServers: [api.id], clientGrants: ['cgr_1'], organizations: ['org_1'], organizationGrants: [association] });
    expect(seen()).toEqual([undefined, undefined, undefined, undefined, undefined, false]);
    write(all);
    expect(seen()).toEqual(there);
  });

  it('takes a changed record for the former one', () => {
    const grant = newClientGrant({ id: 'cgr_1', clientId: 'one', resourceServerId: 'api', scope: ['a'] });
    const { index, write } = indexOf({ clientGrants: [grant], organizations: [{ id: 'org_1', name: 'one', properties: {} }] });
    write({ clientGrants: [{ ...grant, scope: ['b'] }], organizations: [{ id: 'org_1', name: 'two', properties: {} }] });
    expect(index.grants.grantOf({ clientId: 'one', isThirdParty: false }, 'api')?.scope).toEqual(['b']);
    expect(index.organizationNamed('one')).toBeUndefined();
    expect(index.organizationNamed('two')?.id).toBe('org_1');
  });

  it('knows a record by a name that was another’s before, also where both changes come as one', () => {
    const organization = (id: string, name: string): Organization => ({ id, name, properties: {} });
    const named = (...names: string[]): unknown[] => names.map((name) => index.organizationNamed(name)?.id);
    const { index, write, remove } = indexOf({ organizations: [organization('org_1', 'x'), organization('org_2', 'y')] });
    write({ organizations: [organization('org_1', 'y'), organization('org_2', 'z')] });
    expect(named('x', 'y', 'z')).toEqual([undefined, 'org_1', 'org_2']);
    write({ organizations: [organization('org_1', 'z'), organization('org_2', 'y')] });
    expect(named('y', 'z')).toEqual(['org_2', 'org_1']);
    write({ organizations: [organization('org_3', 'y')] });
    remove({ organizations: ['org_2'] });
    expect(named('y')).toEqual(['org_3']);

    const [one, other] = [newResourceServer('https://one/'), newResourceServer('https://other/')];
    write({ resourceServers: [one, other] });
    write({
      resourceServers: [
        { ...one, identifier: 'https://other/' },
        { ...other, identifier: 'https://third/' },
      ],
    });
    const audiences = ['https://one/', 'https://other/', 'https://third/'];
    expect(audiences.map((audience) => index.resourceServer(audience)?.id)).toEqual([undefined, one.id, other.id]);
    write({ resourceServers: [{ ...other, identifier: 'https://other/' }] });
    remove({ resourceServers: [one.id] });
    expect(index.resourceServer('https://other/')?.id).toBe(other.id);
  });

  it('has the settings that issuing reads, as they were last written', () => {
    const { index, write } = indexOf({});
    expect(index.settings()).toMatchObject({
      defaultAudience: undefined,
      takesResource: false,
      takesOrganizationNames: false,
      hidesKeyAlg: false,
    });
    write({
      settings: { [tenantSettingsName]: JSON.stringify({ default_audience: 'https://api/', flags: { remove_alg_from_jwks: true } }) },
    });
    expect(index.settings()).toMatchObject({ defaultAudience: 'https://api/', hidesKeyAlg: true });
    write({ settings: { another: 'x' } });
    expect(index.settings().defaultAudience).toBe('https://api/');
  });
});
