import { X509Certificate } from 'node:crypto';
import type { Now } from '../clock.ts';
import { revokeSigningKey, rotateSigningKeys } from '../issue/key-rotation.ts';
import { hostOf } from '../model/domain.ts';
import type { SigningKey } from '../model/signing-key.ts';
import type { TenantStore } from '../store/tenant-store.ts';
import { TenantError } from '../tenant-error.ts';
import { exportDocument } from '../transfer/export-document.ts';
import { contentsOf } from '../transfer/tenant-contents.ts';
import { examineStore } from './examine-store.ts';
import type { ListedKey, TenantOperations } from './tenant-operations.ts';

const order: readonly SigningKey['state'][] = ['next', 'current', 'previous', 'revoked'];

/** The operations on `store`, which they close. `domain`: what the operator calls the tenant. `recordedDomain`: what it was known by when it ran last. */
export function storeOperations(
  store: TenantStore,
  { domain, recordedDomain, now }: { domain: string; recordedDomain: string | undefined; now: Now },
): TenantOperations {
  return {
    async keys() {
      const keys = await store.signingKeys();
      return [...keys].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state)).map(listedKey);
    },
    async rotateKeys() {
      const { current, next } = await rotateSigningKeys(store, { host: hostOf(domain), nowMs: now() });
      return { current: current.kid, next: next.kid };
    },
    async revokeKey(kid) {
      await revokeSigningKey(store, kid, now());
    },
    exportDocument: async (options) => exportDocument(await contentsOf(store), domain, options),
    async importDocument(document) {
      // It brings the schemas of the Management API with it, which nothing else here takes.
      const { importDocument } = await import('../transfer/import-document.ts');
      return await importDocument(store, document, { domain, nowMs: now() });
    },
    backup: (path) => backUp(store, path),
    examine: () => examineStore(store, { domain, recordedDomain, nowMs: now() }),
    close: () => store.close(),
  };
}

function listedKey({ kid, state, certificatePem, currentSinceMs, currentUntilMs, revokedAtMs }: SigningKey): ListedKey {
  const text = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString());
  const { fingerprint } = new X509Certificate(certificatePem);
  return {
    kid,
    state,
    fingerprint,
    currentSince: text(currentSinceMs),
    currentUntil: text(currentUntilMs),
    revokedAt: text(revokedAtMs),
  };
}

async function backUp(store: TenantStore, path: string): Promise<void> {
  if (store.backup === undefined) {
    throw new TenantError('backup_unwritable', {
      problem: 'This tenant lives in PostgreSQL, which has tools of its own for backups',
      place: path,
      step: 'Use pg_dump, and keep the master key beside what it writes.',
    });
  }
  try {
    await store.backup(path);
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    throw new TenantError('backup_unwritable', {
      problem: isThere ? 'Something is there already' : `The backup cannot be written (${(cause as Error).message})`,
      place: path,
      step: 'Name a file that is not there yet, in a folder that this user can write to, on a disk with room.',
      cause,
    });
  }
}
