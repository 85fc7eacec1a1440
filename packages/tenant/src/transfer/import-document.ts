import { tenantSettingsName } from '../model/tenant-settings.ts';
import type { TenantStore } from '../store/tenant-store.ts';
import { isWellFormedThroughout } from '../well-formed.ts';
import { type DeployDocument, listedKinds } from './deploy-document.ts';
import { importResourceServer } from './import-apis.ts';
import { importClient } from './import-clients.ts';
import { ImportDraft, invalid } from './import-draft.ts';
import { importClientGrant } from './import-grants.ts';
import { importOrganization, importOrganizationGrants } from './import-organizations.ts';
import type { ImportReport } from './import-report.ts';
import { importSettings } from './import-settings.ts';
import { managementAudiences } from './management-audiences.ts';
import { contentsOf, type TenantContents } from './tenant-contents.ts';

/** Keys of a document that say how the tool works, and are no records. */
const toolKeys = ['exclude', 'include'];

/**
 * Makes a tenant what `document` says, in one transaction: records are found by id or name, made or changed, never removed. Of the same document again
 * nothing is changed.
 * @throws {TenantError} `document_invalid`; then nothing is written.
 */
export async function importDocument(
  store: TenantStore,
  document: DeployDocument,
  at: { domain: string; nowMs: number },
): Promise<ImportReport> {
  refuseUnstorable(document);
  return await store.write(async (transaction) => {
    const contents = await contentsOf(transaction);
    const draft = drafted(document, contents, at);
    await transaction.replace({
      ...(draft.settings !== contents.settings && { settings: { [tenantSettingsName]: JSON.stringify(draft.settings) } }),
      resourceServers: draft.resourceServers.replaced(),
      organizations: draft.organizations.replaced(),
      applications: draft.applications.replaced(),
      clientGrants: draft.clientGrants.replaced(),
    });
    await transaction.insert({
      resourceServers: draft.resourceServers.inserted(),
      organizations: draft.organizations.inserted(),
      applications: draft.applications.inserted(),
      credentials: draft.credentials.inserted(),
      clientGrants: draft.clientGrants.inserted(),
      organizationGrants: draft.organizationGrants.inserted(),
    });
    return draft.report;
  });
}

/** Throws what {@link importDocument} would for a tenant with these contents; nothing is written. */
export function checkDocument(document: DeployDocument, contents: TenantContents, at: { domain: string; nowMs: number }): void {
  refuseUnstorable(document);
  drafted(document, contents, at);
}

function drafted(document: DeployDocument, contents: TenantContents, at: { domain: string; nowMs: number }): ImportDraft {
  const draft = new ImportDraft(contents, { ...at, isManagement: managementAudiences(document) });
  fill(draft, document);
  return draft;
}

// Kept, such a text would be another one: the same document would find its own record to be none of its.
function refuseUnstorable(document: DeployDocument): void {
  for (const kind of ['tenant', ...listedKinds]) {
    if (!isWellFormedThroughout(document[kind]))
      throw invalid(kind, 'a text in it holds half a character, a surrogate without its other half');
  }
}

function fill(draft: ImportDraft, document: DeployDocument): void {
  // First: an audience is that of an API of its own before it is that of the Management API elsewhere.
  for (const [at, record] of (document.resourceServers ?? []).entries()) importResourceServer(record, at, draft);
  for (const record of document.organizations ?? []) importOrganization(record, draft);
  for (const [at, record] of (document.clients ?? []).entries()) importClient(record, at, draft);
  for (const record of document.clientGrants ?? []) importClientGrant(record, draft);
  for (const record of document.organizations ?? []) importOrganizationGrants(record, draft);
  // Last: a default audience is an API that may have come with it.
  if (document.tenant !== undefined) importSettings(document.tenant, draft);
  const known: readonly string[] = ['tenant', ...listedKinds, ...toolKeys];
  for (const kind of Object.keys(document)) {
    if (!known.includes(kind)) draft.skip(kind, 'the tenant has nothing of this kind');
  }
}
