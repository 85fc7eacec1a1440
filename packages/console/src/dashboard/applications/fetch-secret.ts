import type { ShownClient } from '@evertoken/tenant/contract';
import { callApi } from '../management/management-api.ts';

/** The secret of an application, at the moment it is wanted: the tenant's log has an entry for each time it was read. */
export async function fetchSecret(id: string): Promise<string> {
  const { client_secret: secret } = await callApi<ShownClient>(
    'GET',
    `/clients/${encodeURIComponent(id)}?fields=client_secret&include_fields=true`,
  );
  if (secret === undefined) throw new Error('The application has no secret.');
  return secret;
}
