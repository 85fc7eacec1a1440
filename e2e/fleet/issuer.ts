import { type SeenRequest, startTestTenant, type TestTenant } from '@evertoken/tenant/testing';

/** What the tokens of the fleet are for. */
export const audience = 'https://things.example/';

const application = 'fleet';
const administrator = 'Administrator';

/** One token request of the fleet. */
export interface IssuerRequest {
  /** Epoch ms. */
  readonly at: number;
  /** `issued`; `refused`: by the issuer for what was wrong with it; `failed`: by a fault of the issuer. */
  readonly outcome: 'issued' | 'refused' | 'failed';
}

/** The tenant that the fleet has its tokens of, and what it was asked. */
export interface Issuer {
  readonly tenant: TestTenant;
  readonly tokenEndpoint: string;
  readonly jwksUri: string;
  readonly clientId: string;
  readonly lifetimeMs: number;
  /** All requests of the fleet, in their order. */
  readonly requests: readonly IssuerRequest[];
  /** Makes `secret` the only one that is taken. */
  changeSecret(secret: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts it; tokens live `lifetimeSeconds`. */
export async function startIssuer(secret: string, lifetimeSeconds: number): Promise<Issuer> {
  const tenant = await startTestTenant({
    tls: false,
    apis: [{ identifier: audience, scopes: ['read:things'], tokenLifetime: lifetimeSeconds }],
    applications: [
      { name: application, clientSecret: secret, grants: { [audience]: ['read:things'] } },
      { name: administrator, grants: { management: ['update:clients', 'update:client_keys'] } },
    ],
  });
  const { clientId } = tenant.credentials(application);
  const others = tenant.credentials(administrator).clientId;
  const requests: IssuerRequest[] = [];
  tenant.controls.onRequest((seen) => {
    if (seen.path === '/oauth/token' && seen.client_id !== others) requests.push({ at: Date.now(), outcome: outcomeOf(seen) });
  });
  return {
    tenant,
    tokenEndpoint: `${tenant.url}/oauth/token`,
    jwksUri: `${tenant.url}/.well-known/jwks.json`,
    clientId,
    lifetimeMs: lifetimeSeconds * 1_000,
    requests,
    changeSecret: async (newSecret) => {
      const token = await tenant.token({ application: administrator, audience: tenant.managementAudience });
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ client_secret: newSecret });
      const answer = await fetch(`${tenant.url}/api/v2/clients/${clientId}`, { method: 'PATCH', headers, body });
      if (!answer.ok) throw new Error(`The tenant does not take the new secret: ${answer.status} ${await answer.text()}`);
    },
    close: () => tenant.close(),
  };
}

function outcomeOf({ fault, status }: SeenRequest): IssuerRequest['outcome'] {
  if (fault !== undefined || status === undefined) return 'failed';
  return status === 200 ? 'issued' : 'refused';
}
