import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';

/** The one application every issuer here knows, and the API its tokens are for. */
const clientId = 'bench-client';
const clientSecret = 'bench-secret-0123456789';
const audience = 'https://api.example.com';

/**
 * Starts an issuer on the loopback that answers the client_credentials grant as Auth0 does, with a JWT-shaped token (`iat`, `exp`; the
 * signature is noise) after `delayMs`. `now` (ms, may be a promise) is its clock; while `isDown(now)` it answers 503.
 */
export async function startIssuer(certificate, { lifetimeSeconds, delayMs = 0, now = Date.now, isDown = () => false }) {
  const counts = { requests: 0, refused: 0, others: 0 };

  async function answer(request, response) {
    if (request.method !== 'POST' || request.url.split('?')[0] !== '/oauth/token') {
      counts.others += 1;
      return send(response, 404, { error: 'not_found' });
    }
    counts.requests += 1;
    const body = await readBody(request);
    const moment = await now();
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (isDown(moment)) {
      counts.refused += 1;
      return send(response, 503, { error: 'temporarily_unavailable' });
    }
    if (!isKnown(request, body)) return send(response, 401, { error: 'access_denied', error_description: 'Unauthorized' });
    send(response, 200, { access_token: token(moment, lifetimeSeconds), token_type: 'Bearer', expires_in: lifetimeSeconds });
  }

  const server = createServer(certificate, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  // A socket that the server closes in the very moment it is used again would count as a failure of the subject.
  server.keepAliveTimeout = 0;
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  const host = `127.0.0.1:${server.address().port}`;
  const origin = `https://${host}`;
  return {
    /** What an adapter is given. */
    facts: { origin, host, tokenEndpoint: `${origin}/oauth/token`, clientId, clientSecret, audience },
    counts,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Client credentials in the body or in a Basic header, or the signed assertion of a Google service account. */
function isKnown(request, body) {
  const fields = request.headers['content-type']?.startsWith('application/json')
    ? JSON.parse(body)
    : Object.fromEntries(new URLSearchParams(body));
  if (fields.grant_type === 'urn:ietf:params:oauth:token-type:token-exchange') return fields.subject_token?.split('.').length === 3;
  if (fields.grant_type !== 'client_credentials') return false;
  const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
  return request.headers.authorization === basic || (fields.client_id === clientId && fields.client_secret === clientSecret);
}

function token(nowMs, lifetimeSeconds) {
  const part = (claims) => Buffer.from(JSON.stringify(claims)).toString('base64url');
  const iat = nowMs / 1000;
  const claims = { iss: 'https://bench.example.com/', sub: `${clientId}@clients`, aud: audience, iat, exp: iat + lifetimeSeconds };
  return [part({ alg: 'RS256', typ: 'JWT', kid: 'bench' }), part(claims), randomBytes(256).toString('base64url')].join('.');
}

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function send(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(body));
}
