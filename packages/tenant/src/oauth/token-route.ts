import type { Log } from '@evertoken/service';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Now } from '../clock.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { accessTokenClaims } from '../issue/access-token-claims.ts';
import type { TokenIndex } from '../issue/token-index.ts';
import type { TokenSigner } from '../issue/token-signer.ts';
import { setRateLimit } from '../rate-limit-headers.ts';
import { authenticateClient } from './authenticate-client.ts';
import { grantAccess } from './grant-access.ts';
import { OAuthRefusal, refusals } from './oauth-refusal.ts';
import { parseTokenRequest, type TokenRequest } from './token-request.ts';

/** What the token endpoint works with. */
export interface TokenRouteParts {
  readonly domain: string;
  readonly index: TokenIndex;
  readonly signer: TokenSigner;
  readonly now: Now;
  readonly log: Log;
}

const path = '/oauth/token';
const largestBody = 16 * 1024;
// Tenant-wide bucket of contract §4.8, Enterprise public.
const capacity = 100;
const otherMethods = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** `POST /oauth/token` (contract §1). */
export function addTokenRoute(app: FastifyInstance, parts: TokenRouteParts): void {
  app.addHook('onRequest', async (_request, reply) => {
    setRateLimit(reply, capacity, parts.now);
    reply.header('Vary', 'Accept-Encoding, Origin');
  });

  app.route({
    method: otherMethods,
    url: path,
    handler: async (request, reply) => {
      const refusal = refusals.wrongMethod(request.method);
      if (refusal.status === 405) reply.header('Allow', 'POST');
      return refuse(reply, refusal);
    },
  });

  app.post(path, { bodyLimit: largestBody }, async (request, reply) => {
    let asked: TokenRequest | undefined;
    try {
      asked = parseTokenRequest({
        contentType: request.headers['content-type'],
        authorization: request.headers.authorization,
        body: (request.body as Buffer | undefined) ?? Buffer.alloc(0),
      });
      const answer = await issue(asked, parts);
      reply.header('Cache-Control', 'no-store').header('Pragma', 'no-cache');
      return sendJson(reply, 200, answer);
    } catch (error) {
      if (!(error instanceof OAuthRefusal)) throw error;
      logRefusal(error, asked, parts.log);
      return refuse(reply, error);
    }
  });

  app.setErrorHandler((error, _request, reply) => {
    const refusal = refusalOfFramework(error);
    if (refusal === undefined) throw error;
    logRefusal(refusal, undefined, parts.log);
    return refuse(reply, refusal);
  });
}

async function issue(asked: TokenRequest, { domain, index, signer, now, log }: TokenRouteParts): Promise<object> {
  const application = authenticateClient(asked, index);
  const { resourceServer, scope } = grantAccess(application, asked, index);
  const lifetimeSeconds = resourceServer.properties.token_lifetime;
  const audience = resourceServer.identifier;
  const claims = accessTokenClaims({ domain, clientId: application.clientId, audience, scope, lifetimeSeconds, nowMs: now() });
  const token = await signer.sign(claims, index.currentKey());
  log.info({
    event: 'token.issued',
    client_id: application.clientId,
    audience,
    scope: claims.scope ?? '',
    fingerprint: fingerprintOf(token),
    lifetime_s: lifetimeSeconds,
  });
  return {
    access_token: token,
    ...(claims.scope !== undefined && { scope: claims.scope }),
    expires_in: lifetimeSeconds,
    token_type: 'Bearer',
  };
}

function logRefusal({ status, body }: OAuthRefusal, asked: TokenRequest | undefined, log: Log): void {
  log.warn({
    event: 'token.refused',
    // Nobody has vouched for it, and it may be a secret put into the wrong field: no more of it than a real one has.
    client_id: asked?.clientId.slice(0, 32),
    error: body.error,
    description: body.error_description.slice(0, 300),
    status,
  });
}

// What fastify refuses before the route sees it: a body too large, cut or longer than it said.
function refusalOfFramework(error: unknown): OAuthRefusal | undefined {
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (statusCode === undefined || statusCode < 400 || statusCode > 499) return undefined;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return refusals.malformed(`The request body is larger than ${largestBody} bytes.`, { status: 413 });
  return refusals.malformed('The request could not be read whole.', { cause: error });
}

function refuse(reply: FastifyReply, { status, body }: OAuthRefusal): FastifyReply {
  reply.header('Cache-Control', 'private, no-store, no-cache, must-revalidate, post-check=0, pre-check=0, no-transform');
  return sendJson(reply, status, body);
}

// As bytes: fastify adds a charset to the type of text, and the service names none here.
function sendJson(reply: FastifyReply, status: number, body: object): FastifyReply {
  return reply
    .code(status)
    .header('Content-Type', 'application/json')
    .send(Buffer.from(JSON.stringify(body)));
}
