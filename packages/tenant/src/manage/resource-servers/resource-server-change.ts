import { newClientSecret } from '../../model/random-id.ts';
import {
  newResourceServer,
  type ResourceServer,
  type ResourceServerProperties,
  resourceServerDefaults,
} from '../../model/resource-server.ts';
import { withoutNulls } from '../../model/without-nulls.ts';
import { manageRefusals } from '../manage-refusal.ts';
import type { ResourceServerCreation, ResourceServerPatch } from './resource-server-schema.ts';

/** What may be changed of a system API: the fields that Auth0's own tools send for one. */
const changeableOfSystem = new Set([
  'token_lifetime',
  'skip_consent_for_verifiable_first_party_clients',
  'proof_of_possession',
  'subject_type_authorization',
  'authorization_policy',
]);

// Identifiers of system APIs, there or not.
function isReserved(identifier: string, domain: string): boolean {
  return ['api/v2/', 'me/', 'mfa/', 'my-org/', 'userinfo'].some((path) => identifier === `https://${domain}/${path}`);
}

/** The API that `body` asks for. Throws {@link ManageRefusal}. */
export function createdResourceServer({ identifier, ...given }: ResourceServerCreation, domain: string): ResourceServer {
  if (isReserved(identifier, domain)) throw manageRefusals.invalidBody('The selected identifier is reserved');
  const { signingSecret, properties } = changedParts({ ...newResourceServer(identifier), properties: resourceServerDefaults }, given);
  return newResourceServer(identifier, properties, signingSecret);
}

/** `resourceServer` after `patch`. Throws {@link ManageRefusal}. */
export function patchedResourceServer(resourceServer: ResourceServer, patch: ResourceServerPatch): ResourceServer {
  if (resourceServer.isSystem && Object.keys(patch).some((name) => !changeableOfSystem.has(name))) {
    throw manageRefusals.notSupported('System resource servers cannot be patched');
  }
  return { ...resourceServer, ...changedParts(resourceServer, patch) };
}

function changedParts(former: ResourceServer, given: ResourceServerPatch): Pick<ResourceServer, 'signingSecret' | 'properties'> {
  refuseAbsentFeatures(given);
  const { signing_secret: secret = former.signingSecret, subject_type_authorization: policies, ...rest } = given;
  const properties = withoutNulls({
    ...former.properties,
    ...rest,
    // A kind of subject that the change does not name keeps its policy.
    ...(policies !== undefined && { subject_type_authorization: { ...former.properties.subject_type_authorization, ...policies } }),
  }) as ResourceServerProperties;
  return {
    properties: { ...properties, token_lifetime_for_web: lifetimeForWeb(properties, given) },
    // One is made where HS256 is chosen without. Not seen on Auth0 itself.
    signingSecret: secret ?? (properties.signing_alg === 'HS256' ? newClientSecret() : undefined),
  };
}

// Auth0's documentation says that it cannot be longer. That a default gives way to a shorter token_lifetime is our choice, and so is the text.
function lifetimeForWeb(
  { token_lifetime: lifetime, token_lifetime_for_web: forWeb }: ResourceServerProperties,
  given: ResourceServerPatch,
): number {
  if (forWeb <= lifetime) return forWeb;
  if (given.token_lifetime_for_web === undefined) return lifetime;
  throw manageRefusals.invalidBody('token_lifetime_for_web cannot be greater than token_lifetime');
}

// Tokens would be other tokens than asked for.
function refuseAbsentFeatures(given: ResourceServerPatch): void {
  if (given.token_encryption !== undefined && given.token_encryption !== null) throw manageRefusals.featureNotEnabled('token_encryption');
  if (given.proof_of_possession?.required) throw manageRefusals.featureNotEnabled('proof_of_possession');
}
