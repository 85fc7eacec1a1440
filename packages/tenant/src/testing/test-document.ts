import type { TokenDialect } from '../issue/access-token-claims.ts';
import type { DeployDocument } from '../transfer/deploy-document.ts';

/** An API of a test. */
export interface TestApi {
  /** The audience. */
  readonly identifier: string;
  /** Default: none. */
  readonly scopes?: readonly string[];
  /** Seconds. Default 86 400. */
  readonly tokenLifetime?: number;
  /** Default RS256. */
  readonly signingAlg?: 'RS256' | 'RS512' | 'PS256' | 'HS256';
  /** Default Auth0's own: `access_token`. */
  readonly dialect?: TokenDialect;
}

/** A machine-to-machine application of a test. */
export interface TestApplication {
  readonly name: string;
  /** Default: one is made. */
  readonly clientId?: string;
  /** Default: one is made. */
  readonly clientSecret?: string;
  /** Scopes by audience: what it is granted. An audience that no API of `apis` has becomes one; `management` is the Management API. */
  readonly grants?: Readonly<Record<string, readonly string[]>>;
  /** More properties by their Management API names, such as `token_quota`. */
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** The audience in a test's grants that stands for the Management API, wherever the tenant will listen. */
const management = 'management';
/** That of any tenant of Auth0 is taken for its own. */
const managementAudience = 'https://any.auth0.com/api/v2/';

/** What the deploy tool would say to have these APIs and applications. */
export function testDocument(apis: readonly TestApi[], applications: readonly TestApplication[]): DeployDocument {
  const granted = new Map<string, Set<string>>();
  for (const { grants = {} } of applications) {
    for (const [audience, scopes] of Object.entries(grants)) {
      granted.set(audience, new Set([...(granted.get(audience) ?? []), ...scopes]));
    }
  }
  const known = new Set(apis.map(({ identifier }) => identifier));
  const implied = [...granted].filter(([audience]) => audience !== management && !known.has(audience));
  return {
    resourceServers: [...apis.map(apiRecord), ...implied.map(([identifier, scopes]) => apiRecord({ identifier, scopes: [...scopes] }))],
    clients: applications.map(({ name, clientId, clientSecret, properties }) => ({
      name,
      app_type: 'non_interactive',
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'client_secret_post',
      ...(clientId !== undefined && { client_id: clientId }),
      ...(clientSecret !== undefined && { client_secret: clientSecret }),
      ...properties,
    })),
    clientGrants: applications.flatMap(({ name, clientId, grants = {} }) =>
      Object.entries(grants).map(([audience, scope]) => ({
        client_id: clientId ?? name,
        audience: audience === management ? managementAudience : audience,
        scope,
      })),
    ),
  };
}

function apiRecord({ identifier, scopes = [], tokenLifetime, signingAlg, dialect }: TestApi): Readonly<Record<string, unknown>> {
  return {
    identifier,
    name: identifier.replaceAll(/[<>]/g, ''),
    ...(scopes.length > 0 && { scopes: scopes.map((value) => ({ value })) }),
    ...(tokenLifetime !== undefined && { token_lifetime: tokenLifetime }),
    ...(signingAlg !== undefined && { signing_alg: signingAlg }),
    ...(dialect !== undefined && { token_dialect: dialect }),
  };
}
