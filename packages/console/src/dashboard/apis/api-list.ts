import type { ShownResourceServer } from '@evertoken/tenant/contract';
import { callApi, queryOf } from '../management/management-api.ts';

/** A page of the APIs, as the tenant counts them. */
export async function apiPage(page: number, size: number): Promise<{ total: number; resource_servers: readonly ShownResourceServer[] }> {
  return await callApi('GET', `/resource-servers${queryOf({ page, per_page: size, include_totals: true })}`);
}
