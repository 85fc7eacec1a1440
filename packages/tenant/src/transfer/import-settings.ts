import { tenantSettingsPatch } from '../manage/tenant-settings/tenant-settings-schema.ts';
import { identifierOf } from '../model/resource-server.ts';
import { mergeTenantSettings } from '../model/tenant-settings.ts';
import { withoutNulls } from '../model/without-nulls.ts';
import type { DeployRecord } from './deploy-document.ts';
import { changedFields, type ImportDraft } from './import-draft.ts';

/** Puts the tenant settings of a document into `draft`. */
export function importSettings(record: DeployRecord, draft: ImportDraft): void {
  const body = draft.read('tenant', withoutNulls(record), tenantSettingsPatch, ['sandbox_versions_available']);
  const audience = body['default_audience'];
  const { default_audience: _, ...others } = body;
  const isNamed = typeof audience === 'string' && audience !== '';
  const api = isNamed ? draft.apiOf(audience) : undefined;
  const isLost = isNamed && api === undefined;
  if (isLost) draft.skip('tenant: default_audience', `there is no API ${audience}`);
  const known = api === undefined ? body : { ...body, default_audience: identifierOf(api, draft.domain) };
  const after = mergeTenantSettings(draft.settings, isLost ? others : known);
  const fields = changedFields(draft.settings, after);
  if (fields.length > 0) draft.settings = after;
  draft.tell('tenant', 'settings', fields);
}
