import { createdGrant, patchedGrant, refuseBadGrant } from '../manage/client-grants/client-grant-change.ts';
import { clientGrantCreation } from '../manage/client-grants/client-grant-schema.ts';
import { identifierOf, managementIdentifier } from '../model/resource-server.ts';
import type { DeployRecord } from './deploy-document.ts';
import { changedFields, holderOf, type ImportDraft, invalid, orInvalid } from './import-draft.ts';
import { isManagementMark } from './management-audiences.ts';

/** Puts one client grant of a document into `draft`. */
export function importClientGrant(record: DeployRecord, draft: ImportDraft): void {
  const what = `client grant of "${String(record['client_id'] ?? record['default_for'])}" on ${String(record['audience'])}`;
  if (record['is_system'] === true) {
    if (!isManagementMark(record)) draft.skip(what, 'the system makes it');
    return;
  }
  const body = draft.read(what, record, clientGrantCreation, ['id', 'is_system']);
  if ((body.client_id === undefined) === (body.default_for === undefined)) throw invalid(what, 'it needs either client_id or default_for');
  const application = body.client_id === undefined ? undefined : draft.clientNamed(body.client_id);
  if (body.client_id !== undefined && application === undefined) {
    draft.skip(what, 'there is no such client');
    return;
  }
  const resourceServer = draft.apiOf(body.audience);
  if (resourceServer === undefined) {
    draft.skip(what, `there is no such API; the Management API of this tenant is ${managementIdentifier(draft.domain)}`);
    return;
  }

  const wanted = createdGrant({ ...body, client_id: application?.clientId }, resourceServer.id);
  const existing = draft.clientGrants
    .group(holderOf(wanted))
    .find(
      (grant) =>
        grant.clientId === wanted.clientId &&
        grant.defaultFor === wanted.defaultFor &&
        grant.resourceServerId === wanted.resourceServerId &&
        grant.subjectType === wanted.subjectType,
    );
  // A document has one of the two: of a list of scopes, no more are meant.
  const all = body.allow_all_scopes ?? (body.scope === undefined ? undefined : false);
  const grant = existing === undefined ? wanted : patchedGrant(existing, { ...body, allow_all_scopes: all });
  orInvalid(what, () => refuseBadGrant(grant, { application, resourceServer }));
  const fields = existing === undefined ? undefined : changedFields(existing, grant);
  if (fields === undefined || fields.length > 0) draft.clientGrants.put(grant);
  // The Management API has another name here than in the document.
  const name = `${application?.properties.name ?? String(body.default_for)} → ${identifierOf(resourceServer, draft.domain)}`;
  draft.tell('client grant', name, fields);
}
