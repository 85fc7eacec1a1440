import type { FastifyRequest } from 'fastify';
import { audit } from '../apps/audit.ts';
import { chooseToken } from './choose-token.ts';
import { clientCredentialsOf, unauthorizedClient } from './client-credentials.ts';
import type { Delivery, DoorParts } from './delivery.ts';
import { answerErrors } from './error-form.ts';
import { Refusal } from './refusal.ts';
import { readTokenParameters, type TokenParameters } from './token-request-body.ts';
import { unavailable } from './unavailable.ts';

const path = '/oauth/token';
/** Lifetime that an app key is answered with; it never ends, but SDKs want a number. */
const appKeyExpiresInSeconds = 86_400;

/**
 * `POST /oauth/token`, drop-in for Auth0's (RFC 6749 §4.4): client_id is the app's name, client_secret its app key, and the answer the kept token
 * with the seconds that it has left. An app that may only call through the proxy gets its own app key as the access token.
 */
export function tokenEndpoint(parts: DoorParts & { origins: ReadonlySet<string> }): Delivery {
  const { apps, book, origins, listenerOf, log, auditLog, clock } = parts;

  async function answer(request: FastifyRequest): Promise<Record<string, unknown>> {
    const began = clock.monotonic();
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const parameters = readTokenParameters(request.headers['content-type'], body);
    checkGrantType(parameters.get('grant_type'));
    const { id, secret } = clientCredentialsOf(request.headers.authorization, parameters);
    const app = apps.findByNameAndKey(id, secret);
    if (app === undefined) throw unauthorizedClient(request.headers.authorization !== undefined);
    const scopes = scopesOf(parameters.get('scope'));
    const { token, mayRead } = chooseToken(
      app,
      book,
      { audience: textOf(parameters, 'audience'), organization: textOf(parameters, 'organization') },
      origins,
    );
    const record = (status: number, fingerprint: string | undefined): void => {
      const { name } = token;
      audit(auditLog, {
        event: 'token.read',
        app: app.name,
        listener: listenerOf(request.raw),
        token: name,
        fingerprint,
        pattern: `POST ${path}`,
        status,
        ms: clock.monotonic() - began,
      });
    };
    if (!mayRead) {
      record(200, undefined);
      return { access_token: secret, expires_in: appKeyExpiresInSeconds, token_type: 'Bearer' };
    }
    try {
      const live = await token.get();
      const held = token.scopeOf(live);
      checkScopes(scopes, held);
      record(200, live.fingerprint);
      return {
        access_token: live.accessToken,
        ...(held && { scope: held }),
        expires_in: live.expiresInSeconds,
        token_type: live.tokenType,
      };
    } catch (error) {
      const refusal = unavailable(token, error);
      record(refusal instanceof Refusal ? refusal.status : 500, undefined);
      throw refusal;
    }
  }

  return {
    open(server) {
      server.removeAllContentTypeParsers();
      server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
      answerErrors(server, 'oauth', log);
      server.addHook('onSend', async (_request, reply) => {
        reply.header('cache-control', 'no-store').header('pragma', 'no-cache');
      });
      server.post(path, answer);
      server.route({
        method: ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
        url: path,
        handler: async () => {
          throw new Refusal(405, 'method_not_allowed', 'The token endpoint takes POST.', { headers: { allow: 'POST' } });
        },
      });
    },
  };
}

function checkGrantType(grantType: unknown): void {
  if (grantType === undefined || grantType === '') throw new Refusal(400, 'invalid_request', 'Missing required parameter: grant_type');
  if (grantType !== 'client_credentials')
    throw new Refusal(400, 'unsupported_grant_type', 'The only grant type here is client_credentials.');
}

function scopesOf(scope: unknown): readonly string[] {
  const isList = Array.isArray(scope) && scope.every((part) => typeof part === 'string');
  if (scope !== undefined && typeof scope !== 'string' && !isList)
    throw new Refusal(400, 'invalid_scope', 'Scope must be an array or a string');
  return (isList ? (scope as string[]).join(' ') : ((scope as string | undefined) ?? '')).split(' ').filter((part) => part !== '');
}

function checkScopes(wanted: readonly string[], held: string | undefined): void {
  const granted = new Set((held ?? '').split(' '));
  const missing = wanted.filter((scope) => !granted.has(scope));
  if (missing.length > 0) throw new Refusal(403, 'access_denied', `Client has not been granted scopes: ${missing.join(', ')}`);
}

function textOf(parameters: TokenParameters, name: string): string | undefined {
  const value = parameters.get(name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
