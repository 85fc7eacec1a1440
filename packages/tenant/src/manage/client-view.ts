import type { ShownCertificate } from '../issue/published-key.ts';
import type { Application } from '../model/application.ts';
import type { Bearer } from './bearer.ts';
import { manageRefusals } from './manage-refusal.ts';

/** An application as JSON of the Management API. */
export type ClientView = Record<string, unknown>;

/** Scopes with one of which clients can be read at all (contract §5.1). */
export const clientReadScopes: readonly string[] = ['read:clients', 'read:client_keys', 'read:client_credentials', 'read:client_summary'];

const summaryFields = new Set(['client_id', 'app_type', 'name', 'description']);
// signing_keys is not named in the list of §7.3; it stands with its older form signing_key.
const keyFields = new Set(['encryption_key', 'client_secret', 'client_authentication_methods', 'signing_key', 'signing_keys']);

/** Everything about an application. `certificate`: the tenant's, public half alone, unlike the service, which shows a private key. */
export function clientView(application: Application, tenant: string, certificate: ShownCertificate): ClientView {
  const { clientId, clientSecret, isGlobal, properties } = application;
  return { tenant, global: isGlobal, ...properties, signing_keys: [certificate], client_id: clientId, client_secret: clientSecret };
}

/** What `bearer` may see of `view` (contract §7.3). The rest is left out silently. */
export function visibleTo(bearer: Bearer, view: ClientView): ClientView {
  return Object.fromEntries(Object.entries(view).filter(([field]) => maySee(bearer, field)));
}

function maySee({ scopes }: Bearer, field: string): boolean {
  if (summaryFields.has(field)) return true;
  if (keyFields.has(field)) return scopes.has('read:client_keys') || scopes.has('read:client_credentials');
  return scopes.has('read:clients') || scopes.has('read:client_keys');
}

/** Which fields of clients a call asked for (contract §4.7). */
export interface FieldQuery {
  readonly fields?: string | undefined;
  readonly include_fields?: boolean | undefined;
}

/** The function that cuts a view down to the fields asked for; `tenant` always stays. Throws {@link ManageRefusal} 403 where one may not be seen. */
export function fieldCut(bearer: Bearer, { fields, include_fields: isIncluding = true }: FieldQuery): (view: ClientView) => ClientView {
  const names = new Set((fields ?? '').split(',').filter((name) => name !== ''));
  if (names.size === 0) return (view) => view;
  if (isIncluding && [...names].some((name) => !maySee(bearer, name))) throw manageRefusals.hiddenFields();
  return (view) => Object.fromEntries(Object.entries(view).filter(([field]) => field === 'tenant' || names.has(field) === isIncluding));
}
