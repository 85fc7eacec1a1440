import { expect } from 'vitest';
import type { RunningTenant } from './running-tenant.ts';

/** A client as the Management API shows it. */
export type Client = Record<string, unknown>;

/** The clients that `GET /clients` answers; of the seeded application where no token is given. */
export async function list(tenant: RunningTenant, query: string, token?: string): Promise<Client[]> {
  const response = await tenant.api(`/clients${query}`, token === undefined ? {} : { token });
  expect(response.status).toBe(200);
  return (await response.json()) as Client[];
}

/** Asks for a new client. A text is sent as it is. */
export async function create(tenant: RunningTenant, body: unknown, type = 'application/json'): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return await tenant.api('/clients', { method: 'POST', headers: { 'content-type': type }, body: text });
}

export const names = (clients: readonly Client[]): unknown[] => clients.map(({ name }) => name);
