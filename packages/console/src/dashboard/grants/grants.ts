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

/** Gives a grant these permissions and no others. */
export async function permit(grantId: string, scope: readonly string[]): Promise<ShownClientGrant> {
  return await callApi<ShownClientGrant>('PATCH', `/client-grants/${encodeURIComponent(grantId)}`, { scope });
}

/** Takes a grant away. */
export async function unauthorize(grantId: string): Promise<void> {
  await callApi('DELETE', `/client-grants/${encodeURIComponent(grantId)}`);
}
