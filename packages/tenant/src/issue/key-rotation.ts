import type { SigningKey } from '../model/signing-key.ts';
import type { TenantStore } from '../store/tenant-store.ts';
import { TenantError } from '../tenant-error.ts';
import type { FirstKeyPairs } from './key-pairs.ts';
import { newSigningKey } from './new-signing-key.ts';

/** Revoked keys that stay listed, as at Auth0. */
const revokedKept = 3;

/** The keys that a rotation leaves in force. */
export interface RotatedKeys {
  readonly current: SigningKey;
  readonly next: SigningKey;
}

/** Adds the next key where there is none. It is made of `pair`, where that is given, else of a new key pair. */
export async function addNextKey(
  store: TenantStore,
  { host, nowMs, pair }: { host: string; nowMs: number; pair?: FirstKeyPairs['other'] | undefined },
): Promise<void> {
  const hasNext = (keys: readonly SigningKey[]): boolean => keys.some(({ state }) => state === 'next');
  if (hasNext(await store.signingKeys())) return;
  const key = await newSigningKey('next', host, nowMs, pair);
  await store.write(async (transaction) => {
    if (!hasNext(await transaction.signingKeys())) await transaction.insert({ signingKeys: [key] });
  });
}

/**
 * Rotates the keys in one transaction: the next key becomes the current one, the current one becomes the previous one, and a former previous one is revoked.
 * A new next key is added.
 */
export async function rotateSigningKeys(store: TenantStore, { host, nowMs }: { host: string; nowMs: number }): Promise<RotatedKeys> {
  // A tenant that has just started may not have made its next key yet.
  await addNextKey(store, { host, nowMs });
  // Before the transaction: it takes long, and others that write would wait for it.
  const next = await newSigningKey('next', host, nowMs);
  return await store.write(async (transaction) => {
    const keys = await transaction.signingKeys();
    const former = keyIn(keys, 'current');
    const coming = keyIn(keys, 'next');
    const current: SigningKey = { ...coming, state: 'current', currentSinceMs: nowMs, currentUntilMs: undefined };
    const revoked = keys.filter(({ state }) => state === 'previous').map((key) => revokedKey(key, nowMs));
    await transaction.replace({ signingKeys: [...revoked, { ...former, state: 'previous', currentUntilMs: nowMs }, current] });
    await transaction.insert({ signingKeys: [next] });
    await forgetOldest(transaction, [...keys.filter(({ state }) => state === 'revoked'), ...revoked]);
    return { current, next };
  });
}

/**
 * Revokes a previous key: it leaves the JWKS, and its private half is dropped. One transaction.
 * @throws {TenantError} `not_found`; `key_in_use` for a key that is not a previous one.
 */
export async function revokeSigningKey(store: TenantStore, kid: string, nowMs: number): Promise<SigningKey> {
  return await store.write(async (transaction) => {
    const keys = await transaction.signingKeys();
    const key = keys.find((candidate) => candidate.kid === kid);
    if (key === undefined) {
      throw new TenantError('not_found', {
        problem: 'There is no such signing key',
        place: kid,
        step: 'Find its id with `evertoken tenant keys list`.',
      });
    }
    if (key.state !== 'previous') {
      throw new TenantError('key_in_use', {
        problem: `Only a previous key can be revoked, and this one is ${key.state}`,
        place: kid,
        step: key.state === 'revoked' ? 'There is nothing to do.' : 'Rotate the keys first.',
      });
    }
    const revoked = revokedKey(key, nowMs);
    await transaction.replace({ signingKeys: [revoked] });
    await forgetOldest(transaction, [...keys.filter(({ state }) => state === 'revoked'), revoked]);
    return revoked;
  });
}

function revokedKey(key: SigningKey, nowMs: number): SigningKey {
  return { ...key, state: 'revoked', privateKeyPem: undefined, revokedAtMs: nowMs };
}

async function forgetOldest(
  transaction: { remove(names: { signingKeys: readonly string[] }): Promise<unknown> },
  revoked: readonly SigningKey[],
): Promise<void> {
  const oldestFirst = [...revoked].sort((a, b) => (a.revokedAtMs ?? 0) - (b.revokedAtMs ?? 0));
  const forgotten = oldestFirst.slice(0, -revokedKept).map(({ kid }) => kid);
  if (forgotten.length > 0) await transaction.remove({ signingKeys: forgotten });
}

function keyIn(keys: readonly SigningKey[], state: SigningKey['state']): SigningKey {
  const key = keys.find((candidate) => candidate.state === state);
  if (key !== undefined) return key;
  throw new TenantError('state_damaged', {
    problem: `The tenant has no ${state} signing key`,
    step: 'Restore its database from a backup.',
  });
}
