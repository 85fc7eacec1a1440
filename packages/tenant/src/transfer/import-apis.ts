import { createdResourceServer, patchedResourceServer } from '../manage/resource-servers/resource-server-change.ts';
import { resourceServerCreation, resourceServerPatch } from '../manage/resource-servers/resource-server-schema.ts';
import type { DeployRecord } from './deploy-document.ts';
import { changedFields, type ImportDraft, invalid, orInvalid } from './import-draft.ts';
import { isManagementApi } from './management-audiences.ts';

const answersOnly = ['id', 'is_system'];

/** Puts one API of a document, the one `at` this place in its list, into `draft`. */
export function importResourceServer(record: DeployRecord, at: number, draft: ImportDraft): void {
  const identifier = record['identifier'];
  if (typeof identifier !== 'string' || identifier === '') throw invalid(`resourceServers[${at}]`, 'it has no identifier');
  const what = `API ${identifier}`;
  if (record['is_system'] === true || isManagementApi(record)) {
    draft.skip(what, 'it is the system’s, and every tenant has its own');
    return;
  }
  const existing = draft.resourceServers.all().find((server) => server.identifier === identifier);
  if (existing === undefined) {
    const body = draft.read(what, record, resourceServerCreation, answersOnly);
    draft.resourceServers.put(orInvalid(what, () => createdResourceServer(body, draft.domain)));
    draft.tell('API', identifier, undefined);
    return;
  }
  const patch = draft.read(what, record, resourceServerPatch, [...answersOnly, 'identifier']);
  const after = orInvalid(what, () => patchedResourceServer(existing, patch));
  const fields = changedFields(existing.properties, after.properties);
  const told = after.signingSecret === existing.signingSecret ? fields : [...fields, 'signing_secret'];
  if (told.length > 0) draft.resourceServers.put(after);
  draft.tell('API', identifier, told);
}
