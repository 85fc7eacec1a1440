import type { ShownCertificate } from '../../issue/published-key.ts';
import type { Application } from '../../model/application.ts';
import type { Bearer } from '../bearer.ts';
import { cutTo, type FieldQuery, namesIn } from '../field-selection.ts';
import { manageRefusals } from '../manage-refusal.ts';

/** An application as JSON of the Management API. */
export type ClientView = Record<string, unknown>;

/** Scopes with one of which clients can be read at all. */
export const clientReadScopes: readonly string[] = ['read:clients', 'read:client_keys', 'read:client_credentials', 'read:client_summary'];

const summaryFields = new Set(['client_id', 'app_type', 'name', 'description']);
// Auth0's documentation does not say who may read signing_keys; it stands with its older form signing_key.
const keyFields = new Set(['encryption_key', 'client_secret', 'client_authentication_methods', 'signing_key', 'signing_keys']);

/** Everything about an application. `certificate`: the tenant's, public half alone, unlike the service, which shows a private key. */
export function clientView(application: Application, tenant: string, certificate: ShownCertificate): ClientView {
  const { clientId, clientSecret, isGlobal, properties } = application;
  const view = { tenant, global: isGlobal, ...properties, signing_keys: [certificate], client_id: clientId };
  // Who proves itself with a key has no secret to show.
  return properties.client_authentication_methods === undefined ? { ...view, client_secret: clientSecret } : view;
}

/** What a caller may see of clients: one class of callers sees the same. */
export function visibilityOf({ scopes }: Bearer): string {
  return ['read:clients', 'read:client_keys', 'read:client_credentials'].map((scope) => (scopes.has(scope) ? '1' : '0')).join('');
}

/** The function that makes of an application what `bearer` may see of what was asked for; the rest is left out silently. */
export function clientSight(
  bearer: Bearer,
  query: FieldQuery,
  of: { tenant: string; certificate: ShownCertificate },
): (application: Application) => ClientView {
  // Naming what may not be seen is no silent matter.
  if ((query.include_fields ?? true) && [...namesIn(query)].some((name) => !maySee(bearer, name))) throw manageRefusals.hiddenFields();
  const cut = cutTo(query, ['tenant']);
  return (application) => {
    const view = clientView(application, of.tenant, of.certificate);
    return cut(Object.fromEntries(Object.entries(view).filter(([field]) => maySee(bearer, field))));
  };
}

function maySee({ scopes }: Bearer, field: string): boolean {
  if (summaryFields.has(field)) return true;
  if (keyFields.has(field)) return scopes.has('read:client_keys') || scopes.has('read:client_credentials');
  return scopes.has('read:clients') || scopes.has('read:client_keys');
}
