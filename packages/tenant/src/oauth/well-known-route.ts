import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { assertionAlgs } from './client-assertion.ts';

/** Discovery (RFC 8414, OpenID Connect Discovery). */
export function addWellKnownRoutes(app: FastifyInstance, { issuer }: { issuer: string }): void {
  const metadata = issuerMetadata(issuer);
  const discovery = async (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => reply.send(metadata);
  app.get('/.well-known/openid-configuration', discovery);
  app.get('/.well-known/oauth-authorization-server', discovery);
}

// Auth0's names for what works here, and nothing else. Without `grant_types_supported` it would be a server for `authorization_code` and `implicit`, which
// needs an authorization endpoint (RFC 8414 §2). The three lists that are required of a server with people say what is true of none: no response type, and the
// one kind of subject and the one algorithm that nobody may lack (OpenID Connect Discovery §3). Empty ones would not be allowed (RFC 8414 §3.2).
function issuerMetadata(issuer: string): object {
  return {
    issuer,
    token_endpoint: `${issuer}oauth/token`,
    jwks_uri: `${issuer}.well-known/jwks.json`,
    grant_types_supported: ['client_credentials'],
    response_types_supported: ['none'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: assertionAlgs,
    request_uri_parameter_supported: false,
    request_parameter_supported: false,
  };
}
