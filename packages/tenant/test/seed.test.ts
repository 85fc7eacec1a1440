import { openStateFolder } from '@evertoken/service';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seed } from '../src/seed.ts';
import { openTenantStore } from '../src/store/open-tenant-store.ts';
import type { TenantStore } from '../src/store/tenant-store.ts';
import { temporaryFolder } from './running-tenant.ts';

const options = { host: 'localhost', nowMs: 1_790_000_000_000 };

async function storeAt(path: string): Promise<TenantStore> {
  const store = await openTenantStore({ kind: 'sqlite', folder: await openStateFolder(path) });
  onTestFinished(() => store.close());
  return store;
}

describe('seed', () => {
  it('writes the same once, however often it is called', async () => {
    const store = await storeAt(await temporaryFolder());
    const first = await seed(store, options);
    const before = await store.issuing();
    expect(await seed(store, options)).toEqual(first);
    expect(await store.issuing()).toEqual(before);
    expect(before.signingKeys.map(({ state }) => state).sort()).toEqual(['current', 'next']);
  });

  it('is done by one of two that start at the same time, and both find its records', async () => {
    const path = await temporaryFolder();
    const [one, two] = [await storeAt(path), await storeAt(path)];
    const [first, second] = await Promise.all([seed(one, options), seed(two, options)]);
    expect(second).toEqual(first);
    expect((await one.issuing()).signingKeys).toHaveLength(2);
    expect((await one.issuing()).applications).toHaveLength(3);
  });
});
