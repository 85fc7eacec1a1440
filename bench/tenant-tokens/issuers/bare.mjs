import { generateKeyPair, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { promisify } from 'node:util';

const signAsync = promisify(sign);
const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The least that an issuer can do: it parses the form and signs, for anyone. With `always` it answers those bytes and looks at nothing. */
export async function startIssuer({ always, issuer, scopes }) {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const header = base64url({ alg: 'RS256', typ: 'JWT', kid: 'one' });

  async function token(form) {
    const iat = Math.floor(Date.now() / 1000);
    const clientId = form.get('client_id');
    const scope = form.get('scope') ?? scopes.join(' ');
    const claims = { iss: issuer, sub: `${clientId}@clients`, aud: form.get('audience'), iat, exp: iat + 86_400, scope, azp: clientId };
    const input = `${header}.${base64url(claims)}`;
    const signature = await signAsync('sha256', Buffer.from(input), privateKey);
    return { access_token: `${input}.${signature.toString('base64url')}`, scope, expires_in: 86_400, token_type: 'Bearer' };
  }

  async function answer(response, body) {
    const text = JSON.stringify(await token(new URLSearchParams(body)));
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), 'cache-control': 'no-store' };
    response.writeHead(200, headers).end(text);
  }

  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      if (always !== undefined) response.writeHead(200, always.headers).end(always.body);
      else void answer(response, Buffer.concat(chunks).toString());
    });
  });
  server.keepAliveTimeout = 72_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}/oauth/token` };
}
