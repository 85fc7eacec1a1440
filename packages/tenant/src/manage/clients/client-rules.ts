import type { TokenIndex } from '../../issue/token-index.ts';
import { type ApplicationProperties, grantTypes, isPublic } from '../../model/application.ts';
import type { TenantReader } from '../../store/tenant-store.ts';
import { manageRefusals } from '../manage-refusal.ts';
import { type AuthenticationMethods, mostMetadata } from './client-schema.ts';

/** Rules between the properties of an application that no schema tells. Throws {@link ManageRefusal}. */
export function refuseContradictions(properties: ApplicationProperties): void {
  const wrong = (properties.grant_types ?? []).filter(
    (grantType) => !grantTypes.includes(grantType) || (isPublic(properties) && grantType === 'client_credentials'),
  );
  if (wrong.length > 0) throw manageRefusals.invalidBody(`Invalid grant types: ${wrong.join(', ')}`);
  if (properties.client_authentication_methods !== undefined) refuseMethodContradictions(properties);
  const metadata = Object.keys((properties['client_metadata'] as object | undefined) ?? {}).length;
  if (metadata > mostMetadata) {
    throw manageRefusals.invalidBody(
      `Payload validation error: 'Too many properties defined (${metadata}), maximum ${mostMetadata}' on property client_metadata.`,
    );
  }
  for (const name of ['third_party_security_mode', 'redirection_policy']) {
    if (properties[name] !== undefined && properties.is_first_party) {
      throw manageRefusals.invalidBody(`${name} is for third-party clients only`);
    }
  }
}

// Auth0's documentation says that both are refused; the texts are ours.
function refuseMethodContradictions(properties: ApplicationProperties): void {
  if (properties.token_endpoint_auth_method !== undefined) {
    throw manageRefusals.invalidBody('token_endpoint_auth_method and client_authentication_methods are mutually exclusive');
  }
  // No algorithm at all is taken. Not seen on Auth0 itself.
  if ((properties['jwt_configuration'] as { alg?: string } | undefined)?.alg === 'HS256') {
    throw manageRefusals.invalidBody('client_authentication_methods needs an asymmetric algorithm: set jwt_configuration.alg to RS256');
  }
}

/** What of `given` needs a certificate that this tenant never sees, or keys of other uses. Throws {@link ManageRefusal} 403. */
export function refuseAbsentFeatures(given: {
  readonly client_authentication_methods?: AuthenticationMethods<unknown> | null | undefined;
  readonly [property: string]: unknown;
}): void {
  const methods = given.client_authentication_methods;
  if (methods?.tls_client_auth !== undefined || methods?.self_signed_tls_client_auth !== undefined) {
    throw manageRefusals.featureNotEnabled('authentication with client certificates');
  }
  for (const name of ['signing_key', 'signed_request_object', 'token_vault_privileged_access', 'identity_assertion_authorization_grant']) {
    if (given[name] !== undefined && given[name] !== null) throw manageRefusals.featureNotEnabled(name);
  }
}

/** Records that the properties of an application name and that must be there. Throws {@link ManageRefusal} 404, or 409 for an alias that another has. */
export async function refuseLoosePointers(
  properties: ApplicationProperties,
  at: { reader: TenantReader; index: TokenIndex; clientId: string },
): Promise<void> {
  const organizationId = properties.default_organization?.organization_id;
  if (organizationId !== undefined && (await at.reader.organization(organizationId)) === undefined)
    throw manageRefusals.noSuchOrganization();
  const identifier = properties['resource_server_identifier'] as string | undefined;
  if (identifier !== undefined) {
    if (properties.app_type !== 'resource_server') {
      throw manageRefusals.invalidBody('resource_server_identifier is for clients of app_type resource_server only');
    }
    if (at.index.resourceServer(identifier) === undefined) throw manageRefusals.noIdentifier(identifier);
  }
  const aliases = (properties['client_aliases'] as readonly string[] | undefined) ?? [];
  if (aliases.length > 0) await refuseTakenAliases(aliases, at);
}

// Aliases are rare, so no index serves them: whoever gives one pays for the look at all.
async function refuseTakenAliases(
  aliases: readonly string[],
  { reader, clientId }: { reader: TenantReader; clientId: string },
): Promise<void> {
  let after: string | undefined;
  do {
    const page = await reader.applications({}, { kind: 'after', after, limit: 1_000 });
    for (const other of page.items) {
      const taken = (other.properties['client_aliases'] as readonly string[] | undefined) ?? [];
      if (other.clientId !== clientId && taken.some((alias) => aliases.includes(alias))) {
        throw manageRefusals.conflict('Another client exists with the same alias.');
      }
    }
    after = page.next;
  } while (after !== undefined);
}
