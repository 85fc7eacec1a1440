import type { ShownClient } from '@evertoken/tenant/contract';
import { grantsOf } from '../grants/grants.ts';
import { callApi } from '../management/management-api.ts';

/** The client ids of the applications that are authorized for an API. */
export async function authorizedIds(audience: string): Promise<readonly string[]> {
  const grants = await grantsOf({ audience });
  return grants.flatMap(({ client_id: id }) => (id === undefined ? [] : [id]));
}

const fields = 'client_id,name,client_authentication_methods,token_endpoint_auth_method';

/** What of an application the test of an API needs: its name, and how it proves itself. */
export async function applicationToTest(id: string): Promise<ShownClient> {
  return await callApi<ShownClient>('GET', `/clients/${encodeURIComponent(id)}?fields=${fields}&include_fields=true`);
}

// As many as a browser has connections.
const atOnce = 6;

/** Reads these applications, the first ones first, and tells each, until `signal` is aborted; one that cannot be read is left out. */
export async function readApplications(
  ids: readonly string[],
  onRead: (application: ShownClient) => void,
  signal: AbortSignal,
): Promise<void> {
  const left = [...ids];
  const readOn = async (): Promise<void> => {
    for (let id = left.shift(); id !== undefined && !signal.aborted; id = left.shift()) {
      const application = await applicationToTest(id).catch(() => undefined);
      if (application !== undefined && !signal.aborted) onRead(application);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, readOn));
}
