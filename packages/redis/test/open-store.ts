import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { openRedisStore, type RedisStoreOptions, type RedisTokenStore } from '../src/index.ts';

/** What the stores of the tests seal with. */
export const keys: readonly Uint8Array[] = [randomBytes(32)];

/** Opens a store until the end of the test; so patient that a slow machine is not taken for a failing Redis. */
export async function openStore(options: Partial<RedisStoreOptions>): Promise<RedisTokenStore> {
  const store = await openRedisStore({ keys, commandTimeoutMs: 5_000, ...options });
  onTestFinished(() => store.close());
  return store;
}
