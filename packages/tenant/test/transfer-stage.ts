import { openStateFolder } from '@evertoken/service';
import { onTestFinished } from 'vitest';
import { openTenantStore } from '../src/store/open-tenant-store.ts';
import type { TenantStore } from '../src/store/tenant-store.ts';
import type { DeployDocument } from '../src/transfer/deploy-document.ts';
import { type ExportOptions, exportDocument } from '../src/transfer/export-document.ts';
import { contentsOf } from '../src/transfer/tenant-contents.ts';
import { stateWith } from './running-tenant.ts';

export const at: { domain: string; nowMs: number } = { domain: 'localhost:8443', nowMs: 1_790_000_000_000 };

/** A new tenant's store, or that of the folder at `path`. */
export async function aStore(path?: string): Promise<TenantStore> {
  const store = await openTenantStore({ kind: 'sqlite', folder: await openStateFolder(path ?? (await stateWith())) });
  onTestFinished(() => store.close());
  return store;
}

export const exported = async (store: TenantStore, options?: ExportOptions): Promise<DeployDocument> =>
  exportDocument(await contentsOf(store), at.domain, options);

export const named = (
  records: readonly Readonly<Record<string, unknown>>[] | undefined,
  name: string,
): Readonly<Record<string, unknown>> | undefined => records?.find((record) => record['name'] === name);
