import type { ClientGrantCreation, ShownClientGrant } from '@evertoken/tenant/contract';
import { callApi, queryOf } from '../management/management-api.ts';

/** All grants of machines of an application, or on an API. */
export async function grantsOf(filter: { client_id: string } | { audience: string }): Promise<readonly ShownClientGrant[]> {
  const grants: ShownClientGrant[] = [];
  let from: string | undefined;
  do {
    const query = queryOf({ ...filter, subject_type: 'client', take: 100, from });
    const page = await callApi<{ next?: string; client_grants: readonly ShownClientGrant[] }>('GET', `/client-grants${query}`);
    grants.push(...page.client_grants);
    from = page.next;
  } while (from !== undefined);
  return grants;
}

/** Lets an application have tokens for an API, without permissions at first. */
export async function authorize(clientId: string, audience: string): Promise<ShownClientGrant> {
  const grant: ClientGrantCreation = { client_id: clientId, audience, scope: [] };
  return await callApi<ShownClientGrant>('POST', '/client-grants', grant);
}

/**
 * Gives a grant, as the page has read it, the permissions that were `chosen` in it, and takes those that were not; `scopes`: all that the API has, in its
 * order. What others have given and taken meanwhile stays as they left it.
 */
export async function permit(
  grant: ShownClientGrant,
  chosen: ReadonlySet<string>,
  scopes: readonly { readonly value: string }[],
): Promise<ShownClientGrant> {
  const path = `/client-grants/${encodeURIComponent(grant.id)}`;
  // All of them are written, so they are read at this moment.
  const { scope: present } = await callApi<ShownClientGrant>('GET', path);
  const before = new Set(grant.scope);
  const values = scopes.map(({ value }) => value);
  const isKept = (value: string): boolean => (before.has(value) === chosen.has(value) ? present.includes(value) : chosen.has(value));
  // The API got these since the page was opened; what it had before and has no more goes.
  const newer = present.filter((value) => !before.has(value) && !values.includes(value));
  return await callApi<ShownClientGrant>('PATCH', path, { scope: [...values.filter(isKept), ...newer] });
}

/** Takes a grant away. */
export async function unauthorize(grantId: string): Promise<void> {
  await callApi('DELETE', `/client-grants/${encodeURIComponent(grantId)}`);
}
