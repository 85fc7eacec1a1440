import type { Application, ApplicationProperties } from '../../model/application.ts';
import type { Credential } from '../../model/credential.ts';
import { type GivenApplication, newApplication } from '../../model/new-application.ts';
import { newClientId } from '../../model/random-id.ts';
import { withoutNulls } from '../../model/without-nulls.ts';
import { newCredential, refuseClashes } from '../credentials/new-credential.ts';
import type { ClientCreation, ClientPatch } from './client-schema.ts';

const defaultGraceMs = 30_000;

/** The application that `body` asks for, and the credentials that come with it. */
export function createdClient(body: ClientCreation, nowMs: number): { application: Application; credentials: readonly Credential[] } {
  const { client_authentication_methods: methods, ...given } = body;
  const made = newApplication(withoutNulls(given) as GivenApplication, nowMs);
  const application = body.third_party_security_mode === 'strict' ? { ...made, clientId: `tpc_${newClientId()}` } : made;
  if (methods?.private_key_jwt === undefined) return { application, credentials: [] };
  const credentials: Credential[] = [];
  for (const wanted of methods.private_key_jwt.credentials) {
    const credential = newCredential(wanted, application.clientId, nowMs);
    refuseClashes(credential, credentials);
    credentials.push(credential);
  }
  const private_key_jwt = { credentials: credentials.map(({ id }) => ({ id })) };
  return {
    application: { ...application, properties: { ...application.properties, client_authentication_methods: { private_key_jwt } } },
    credentials,
  };
}

/** `application` after `patch`: fields are replaced, null removes them, metadata are merged key by key. */
export function patchedClient(
  application: Application,
  patch: ClientPatch,
  at: { nowMs: number; graceMs?: number | undefined },
): Application {
  const { client_secret: secret, client_metadata: metadata, jwt_configuration: jwt, ...given } = patch;
  const former = application.properties;
  const crossOrigin = patch['cross_origin_authentication'];
  const properties = withoutNulls({
    ...former,
    ...given,
    ...(crossOrigin !== undefined && { cross_origin_auth: crossOrigin }),
    ...(metadata !== undefined && { client_metadata: withoutNulls({ ...(former['client_metadata'] as object | undefined), ...metadata }) }),
    // Key by key, as Auth0 shows defaults of its own in it. Not seen on Auth0 itself.
    ...(jwt !== undefined && { jwt_configuration: { ...(former['jwt_configuration'] as object | undefined), ...jwt } }),
  }) as ApplicationProperties;
  const changed = { ...application, properties, updatedAtMs: at.nowMs };
  return secret === undefined ? changed : withSecret(changed, secret, at);
}

/** `application` with another secret; the former one is taken for a while longer, as at Auth0. */
export function withSecret(application: Application, secret: string, at: { nowMs: number; graceMs?: number | undefined }): Application {
  const validUntilMs = at.nowMs + (at.graceMs ?? defaultGraceMs);
  if (secret === application.clientSecret) return application;
  return { ...application, clientSecret: secret, formerSecret: { secret: application.clientSecret, validUntilMs }, updatedAtMs: at.nowMs };
}
