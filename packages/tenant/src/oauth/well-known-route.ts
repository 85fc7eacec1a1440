import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { issuerOf } from '../issue/access-token-claims.ts';
import type { TokenIndex } from '../issue/token-index.ts';

/** Discovery (RFC 8414, OpenID Connect Discovery) and JWKS (RFC 7517); contract §3. */
export function addWellKnownRoutes(app: FastifyInstance, { domain, index }: { domain: string; index: TokenIndex }): void {
  const metadata = issuerMetadata(domain);
  const discovery = async (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => reply.send(metadata);
  app.get('/.well-known/openid-configuration', discovery);
  app.get('/.well-known/oauth-authorization-server', discovery);

  app.get('/.well-known/jwks.json', async (_request, reply) => {
    reply.header('Cache-Control', 'public, max-age=15, stale-while-revalidate=15, stale-if-error=86400');
    return reply.send({ keys: index.signingKeys().map(({ jwk }) => jwk) });
  });
}

// Auth0's names for what works here, and nothing else. Response types are required by RFC 8414 and there is none.
function issuerMetadata(domain: string): object {
  const issuer = issuerOf(domain);
  return {
    issuer,
    token_endpoint: `${issuer}oauth/token`,
    jwks_uri: `${issuer}.well-known/jwks.json`,
    response_types_supported: [],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    request_uri_parameter_supported: false,
    request_parameter_supported: false,
  };
}
