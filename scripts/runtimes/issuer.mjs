// An issuer and an API for program.mjs: node issuer.mjs prints its origin.
import { createServer } from 'node:http';

let issued = 0;
const server = createServer((request, response) => void answer(request, response));

async function answer(request, response) {
  const { pathname, searchParams } = new URL(request.url, 'http://127.0.0.1');
  let body = '';
  for await (const chunk of request) body += chunk;
  const json = (status, value) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  const { headers } = request;
  if (pathname === '/.well-known/oauth-authorization-server') return json(200, { issuer: origin(), token_endpoint: `${origin()}/token` });
  if (pathname === '/refuse') return json(401, { error: 'invalid_client', error_description: 'no' });
  if (pathname === '/bound')
    return json(headers.dpop?.split('.').length === 3 && headers.authorization?.startsWith('DPoP ') ? 200 : 401, {});
  if (pathname === '/api') {
    if (headers.authorization === `Bearer ${searchParams.get('stale')}`) return json(401, {});
    return response.writeHead(200).end(body);
  }
  if (pathname !== '/token') return json(404, {});
  const form = new URLSearchParams(body);
  const isProven =
    headers.authorization?.startsWith('Basic ') || form.has('client_secret') || form.get('client_assertion')?.split('.').length === 3;
  if (form.get('grant_type') !== 'client_credentials' || !isProven) return json(400, { error: 'invalid_request' });
  issued += 1;
  return json(200, {
    access_token: `token-${issued}`,
    token_type: headers.dpop === undefined ? 'Bearer' : 'DPoP',
    expires_in: 3_600,
    ...(form.has('client_assertion') && { scope: 'signed' }),
  });
}

const origin = () => `http://127.0.0.1:${server.address().port}`;
server.listen(0, '127.0.0.1', () => console.log(origin()));
process.on('disconnect', () => process.exit(0));
