import { systemNow } from '../clock.ts';
import { firstRecords } from '../seed.ts';
import { checkDomain } from '../tenant-options.ts';
import type { DeployDocument } from '../transfer/deploy-document.ts';
import type { ImportReport } from '../transfer/import-report.ts';
import { defaultDomain } from './known-domain.ts';
import { hasDatabase } from './lost-database.ts';
import { type OperatedTenant, openTenantOperations } from './open-operations.ts';

/**
 * Has in a tenant what `document` says, and makes the tenant where there is none. In a state folder none is made for a document that it would not take.
 * @throws {TenantError} `document_invalid`, and as {@link openTenantOperations}.
 */
export async function seedTenant(tenant: Omit<OperatedTenant, 'mayCreate'>, document: DeployDocument): Promise<ImportReport> {
  const isSqlite = tenant.store === undefined || tenant.store.kind === 'sqlite';
  if (tenant.domain !== undefined) checkDomain(tenant.domain);
  if (isSqlite && !(await hasDatabase(tenant.folder))) await checkForNewTenant(tenant, document);
  const operations = await openTenantOperations({ ...tenant, mayCreate: true });
  try {
    return await operations.importDocument(document);
  } finally {
    await operations.close();
  }
}

/**
 * Throws what a new tenant would for `document`, before it is made.
 * @throws {TenantError} `document_invalid`.
 */
export async function checkForNewTenant(
  { domain = defaultDomain, now = systemNow }: Pick<OperatedTenant, 'domain' | 'now'>,
  document: DeployDocument,
): Promise<void> {
  const { checkDocument } = await import('../transfer/import-document.ts');
  const nowMs = now();
  const { resourceServers, applications, clientGrants } = firstRecords(nowMs);
  const nothing = { settings: {}, signingKeys: [], organizations: [], credentials: [], organizationGrants: [] };
  checkDocument(document, { ...nothing, resourceServers, applications, clientGrants }, { domain, nowMs });
}
