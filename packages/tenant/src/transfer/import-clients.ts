import { createdClient, patchedClient } from '../manage/clients/client-change.ts';
import { refuseAbsentFeatures, refuseContradictions } from '../manage/clients/client-rules.ts';
import { clientCreation, clientPatch } from '../manage/clients/client-schema.ts';
import { credentialCreation } from '../manage/credentials/credential-schema.ts';
import { newCredential, refuseClashes } from '../manage/credentials/new-credential.ts';
import type { Application } from '../model/application.ts';
import { withoutNulls } from '../model/without-nulls.ts';
import type { DeployRecord } from './deploy-document.ts';
import { changedFields, type ImportDraft, invalid, orInvalid } from './import-draft.ts';

/** What answers of the Management API hold and requests do not. */
const answersOnly = [
  'client_id',
  'tenant',
  'global',
  'signing_keys',
  'callback_url_template',
  'owners',
  'encrypted',
  'cross_origin_auth',
  'config_route',
];

/** Puts one client of a document, the one `at` this place in its list, into `draft`. */
export function importClient(record: DeployRecord, at: number, draft: ImportDraft): void {
  const name = record['name'];
  if (typeof name !== 'string' || name === '') throw invalid(`clients[${at}]`, 'it has no name');
  const what = `client "${name}"`;
  if (record['global'] === true) {
    draft.skip(what, 'every tenant has a global client of its own');
    return;
  }
  const existing = existingClient(record, name, draft);
  const { client_authentication_methods: methods, ...given } = withoutOldNames(record, existing);
  const organized = withKnownOrganization(given, what, draft);
  const final = orInvalid(what, () => {
    const after = existing === undefined ? created(organized, record, what, draft) : changed(existing, organized, what, draft);
    const methodical = withMethods(after, methods, what, draft);
    refuseContradictions(methodical.properties);
    return methodical;
  });
  draft.claim(final);
  if (existing === undefined) {
    draft.applications.put(final);
    draft.tell('client', name, undefined);
    return;
  }
  const fields = changedFields(existing.properties, final.properties);
  const told = final.clientSecret === existing.clientSecret ? fields : [...fields, 'client_secret'];
  if (told.length > 0) draft.applications.put(final);
  draft.tell('client', name, told);
}

// By id; a record without one by name: of those that were there before and that no other record of the document meant.
function existingClient(record: DeployRecord, name: string, draft: ImportDraft): Application | undefined {
  const id = record['client_id'];
  // Who knows the client by this id has its secret, too; another one of the same name keeps both of its own.
  if (typeof id === 'string') return draft.applications.get(id);
  const named = draft.unclaimedClients(name);
  if (named.length > 1) throw invalid(`client "${name}"`, `${named.length} clients have this name; give the client_id`);
  return named.length === 1 ? named[0] : undefined;
}

function created(given: DeployRecord, record: DeployRecord, what: string, draft: ImportDraft): Application {
  const body = draft.read(what, withoutNulls(given), clientCreation, answersOnly);
  refuseAbsentFeatures(body);
  const { application } = createdClient(body, draft.nowMs);
  const id = record['client_id'];
  if (id === undefined) return application;
  // Programs that know the client by the id that it had go on as they are.
  if (typeof id === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(id)) return { ...application, clientId: id };
  throw invalid(`${what}, client_id`, 'an id has 1 to 64 letters, digits, _ and -');
}

function changed(existing: Application, given: DeployRecord, what: string, draft: ImportDraft): Application {
  const patch = draft.read(what, given, clientPatch, [...answersOnly, 'resource_server_identifier', 'third_party_security_mode']);
  refuseAbsentFeatures(patch);
  return { ...patchedClient(existing, patch, { nowMs: draft.nowMs }), updatedAtMs: draft.nowMs };
}

// Keys come with the document, and their ids are given here: references to ids of another tenant mean nothing.
function withMethods(application: Application, methods: unknown, what: string, draft: ImportDraft): Application {
  if (methods === undefined || methods === null) return application;
  const listed = (methods as { private_key_jwt?: { credentials?: unknown } }).private_key_jwt?.credentials;
  const wanted = Array.isArray(listed) ? (listed as DeployRecord[]).filter(({ pem }) => pem !== undefined) : [];
  const isKeyless = Array.isArray(listed) && listed.length === 0;
  if (wanted.length === 0 && !isKeyless) {
    draft.skip(`${what}: client_authentication_methods`, 'it names no key by its pem');
    return application;
  }
  const own = [...draft.credentials.group(application.clientId)];
  const credentials = wanted.map((entry) => {
    const body = draft.read(`${what}, credential`, entry, credentialCreation, ['id', 'created_at', 'updated_at']);
    const made = newCredential(body, application.clientId, draft.nowMs, { mayBeExpired: true });
    const same = own.find(({ publicKeyPem, kid }) => publicKeyPem === made.publicKeyPem && (body.kid ?? kid) === kid);
    if (same !== undefined) return { id: same.id };
    refuseClashes(made, own);
    own.push(made);
    draft.credentials.put(made);
    return { id: made.id };
  });
  const { token_endpoint_auth_method: _, ...properties } = application.properties;
  return { ...application, properties: { ...properties, client_authentication_methods: { private_key_jwt: { credentials } } } };
}

// Documents name an organization by the id that it had elsewhere, or by its name.
function withKnownOrganization(given: DeployRecord, what: string, draft: ImportDraft): DeployRecord {
  const chosen = given['default_organization'] as { organization_id?: unknown } | null | undefined;
  if (chosen === undefined || chosen === null) return given;
  const { default_organization: _, ...others } = given;
  const organization = typeof chosen.organization_id === 'string' ? draft.organizationNamed(chosen.organization_id) : undefined;
  if (organization !== undefined) return { ...others, default_organization: { ...chosen, organization_id: organization.id } };
  draft.skip(`${what}: default_organization`, `there is no organization ${JSON.stringify(chosen.organization_id)}`);
  return others;
}

// Old answers tell of cross_origin_auth alone; requests have the new name alone.
function withoutOldNames(record: DeployRecord, existing: Application | undefined): DeployRecord {
  const { cross_origin_auth: old, ...others } = record;
  const isNews = old !== undefined && old !== (existing?.properties['cross_origin_auth'] ?? false);
  return isNews && others['cross_origin_authentication'] === undefined ? { ...others, cross_origin_authentication: old } : others;
}
