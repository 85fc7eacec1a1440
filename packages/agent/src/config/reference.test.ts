import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TokenKeeper } from '@evertoken/client';
import { ManualClock, refuseWith, startTokenEndpoint } from '@evertoken/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { openSecretSource } from './reference.ts';

it('a secret in a file that is opened again leaves the issuer alone that refused it, until the file is another', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'evertoken-reference-'));
  const endpoint = await startTokenEndpoint();
  const keeper = new TokenKeeper({ clock: new ManualClock() });
  onTestFinished(async () => {
    await keeper.close();
    await endpoint.close();
    await rm(folder, { recursive: true });
  });
  endpoint.answer(refuseWith(401, 'invalid_client', 'no'));
  const keepAgain = async (): Promise<number> => {
    const clientSecret = await openSecretSource({ file: 'secret' }, { env: {}, folder });
    const kept = keeper.keep({ tokenEndpoint: endpoint.url, clientId: 'worker', clientSecret });
    await expect(kept.get()).rejects.toMatchObject({ code: 'invalid_client' });
    return endpoint.requests.length;
  };
  await writeFile(join(folder, 'secret'), 'wrong');
  for (let reload = 0; reload < 10; reload += 1) expect(await keepAgain()).toBe(1);
  await writeFile(join(folder, 'secret'), 'mended');
  expect(await keepAgain()).toBe(2);
});
