import type { DeployDocument, DeployRecord } from './deploy-document.ts';

/** Its name at every tenant. */
const managementName = 'Auth0 Management API';

/** Whether an API of a document is the Management API of the tenant that it came from. */
export function isManagementApi({ name, identifier, is_system: isSystem }: DeployRecord): boolean {
  return looksLikeIt(identifier) && (isSystem === true || name === managementName);
}

/**
 * The record by which an export says what the Management API is called at its tenant: a grant of the system, of nothing. Grants of the system are what the
 * deploy tool leaves out; a document with the API itself it refuses, and by another name it would make the API anew.
 */
export function managementMark(identifier: string): DeployRecord {
  return { client_id: 'All Applications', audience: identifier, is_system: true };
}

/** Whether a grant of a document says nothing but what {@link managementMark} does. */
export function isManagementMark({ audience, is_system: isSystem, scope, allow_all_scopes: isOfAll }: DeployRecord): boolean {
  return looksLikeIt(audience) && isSystem === true && scope === undefined && isOfAll === undefined;
}

/**
 * Tells of an audience whether `document` means the Management API by it, which at each tenant is called after the domain. An API of one's own may be called
 * the same, and a grant on it must not become one on the Management API: so only what is at a domain of Auth0 is taken for that, and what the document says to
 * be of the system.
 */
export function managementAudiences({ resourceServers, clientGrants }: DeployDocument): (audience: string) => boolean {
  const named = (resourceServers ?? []).filter(isManagementApi).map(({ identifier }) => identifier);
  const granted = (clientGrants ?? []).filter(({ is_system: isSystem }) => isSystem === true).map(({ audience }) => audience);
  const known = new Set([...named, ...granted].filter(looksLikeIt));
  return (audience) => known.has(audience) || isAtAuth0(audience);
}

function looksLikeIt(audience: unknown): audience is string {
  return typeof audience === 'string' && /^https:\/\/[^/]+\/api\/v2\/$/.test(audience);
}

function isAtAuth0(audience: string): boolean {
  return looksLikeIt(audience) && /^https:\/\/([a-z0-9-]+\.)+auth0(app)?\.com\//.test(audience);
}
