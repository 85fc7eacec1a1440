import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { issuerOf } from '../issue/access-token-claims.ts';
import { assertionAlgs } from './client-assertion.ts';

/** Discovery (RFC 8414, OpenID Connect Discovery); contract §3.1. */
export function addWellKnownRoutes(app: FastifyInstance, { domain }: { domain: string }): void {
  const metadata = issuerMetadata(domain);
  const discovery = async (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => reply.send(metadata);
  app.get('/.well-known/openid-configuration', discovery);
  app.get('/.well-known/oauth-authorization-server', discovery);
}

// Auth0's names for what works here, and nothing else. Response types are required by RFC 8414 and there is none.
function issuerMetadata(domain: string): object {
  const issuer = issuerOf(domain);
  return {
    issuer,
    token_endpoint: `${issuer}oauth/token`,
    jwks_uri: `${issuer}.well-known/jwks.json`,
    response_types_supported: [],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: assertionAlgs,
    request_uri_parameter_supported: false,
    request_parameter_supported: false,
  };
}
