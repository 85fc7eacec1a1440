import { openStateFolder } from '@evertoken/service';
import { describe, expect, it } from 'vitest';
import { revokeSigningKey, rotateSigningKeys } from '../src/issue/key-rotation.ts';
import { newSigningKey } from '../src/issue/new-signing-key.ts';
import { openTenantStore } from '../src/store/open-tenant-store.ts';
import { insert, temporaryFolder } from './running-tenant.ts';

// Keys are slow to make.
describe('a revoked signing key', { timeout: 60_000 }, () => {
  it('has no private half in the store, whether a rotation or a person revoked it', async () => {
    const store = await openTenantStore({ kind: 'sqlite', folder: await openStateFolder(await temporaryFolder()) });
    const halves = async () => (await store.signingKeys()).map(({ state, privateKeyPem }) => [state, typeof privateKeyPem]).sort();
    await insert(store, { signingKeys: [await newSigningKey('current', 'id.example', 0)] });
    await rotateSigningKeys(store, { host: 'id.example', nowMs: 1 });
    await rotateSigningKeys(store, { host: 'id.example', nowMs: 2 });
    expect(await halves()).toEqual([
      ['current', 'string'],
      ['next', 'string'],
      ['previous', 'string'],
      ['revoked', 'undefined'],
    ]);
    const previous = (await store.signingKeys()).find(({ state }) => state === 'previous');
    await revokeSigningKey(store, previous?.kid ?? '', 3);
    expect(await halves()).toEqual([
      ['current', 'string'],
      ['next', 'string'],
      ['revoked', 'undefined'],
      ['revoked', 'undefined'],
    ]);
    await store.close();
  });
});
