import { operations } from '../src/manage/operations.ts';
import { machine, type RunningTenant, runningTenant } from './running-tenant.ts';

/** An answer of the Management API, read. */
export interface Answered<Body = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** A tenant, and an administrator of it. */
export interface AdministeredTenant extends RunningTenant {
  /** Calls the Management API; `body` becomes JSON. */
  call<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answered<Body>>;
  /** A token of a machine that has just these scopes. */
  tokenWith(...scope: string[]): Promise<string>;
}

/** Every scope that an operation asks for. */
export const allScopes: readonly string[] = [
  ...new Set(operations.flatMap(({ scopes }) => ('anyOf' in scopes ? scopes.anyOf : scopes.allOf))),
  'create:client_credentials',
];

/** Starts a tenant that ends with the test, and gets a token with every scope. */
export async function administeredTenant(options: Parameters<typeof runningTenant>[0] = {}): Promise<AdministeredTenant> {
  const { prepare, credentials } = machine(allScopes);
  const tenant = await runningTenant({
    ...options,
    prepare: async (store, seeded) => {
      await prepare(store, seeded);
      await options.prepare?.(store, seeded);
    },
  });
  const token = await tenant.token(credentials);
  const call: AdministeredTenant['call'] = async (method, path, body, headers = {}) => {
    const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } };
    const response = await tenant.api(path, { method, token, headers, ...init });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: (text === '' ? undefined : JSON.parse(text)) as never };
  };
  const tokenWith: AdministeredTenant['tokenWith'] = async (...scope) => {
    const application = { name: 'Narrow', app_type: 'non_interactive', grant_types: ['client_credentials'] };
    const { body: client } = await call<{ client_id: string; client_secret: string }>('POST', '/clients', application);
    await call('POST', '/client-grants', { client_id: client.client_id, audience: tenant.application.audience, scope });
    return await tenant.token({ client_id: client.client_id, client_secret: client.client_secret });
  };
  return { ...tenant, call, tokenWith };
}

/** The error body of the service. */
export function refusal(statusCode: number, error: string, message: unknown, errorCode?: string): Record<string, unknown> {
  return { statusCode, error, message, ...(errorCode !== undefined && { errorCode }) };
}
