import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** The two ways to read a token over HTTP: the request that an app makes. */
export const reads = {
  tokenApi: {
    title: 'GET /v1/tokens/NAME',
    of: ({ appKey }) => ({ method: 'GET', path: '/v1/tokens/bench', headers: { authorization: `Bearer ${appKey}` } }),
  },
  tokenEndpoint: {
    title: 'POST /oauth/token',
    of: ({ app, appKey, audience }) => ({
      method: 'POST',
      path: '/oauth/token',
      headers: { 'content-type': 'application/json' },
      // As auth0's own SDKs send it.
      body: JSON.stringify({ client_id: app, client_secret: appKey, audience, grant_type: 'client_credentials' }),
    }),
  },
};

/** The same request as it goes over a connection. */
export function requestText(host, { method, path, headers, body = '' }) {
  const lines = Object.entries({ host, ...headers, ...(body !== '' && { 'content-length': Buffer.byteLength(body) }) });
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}

/** Makes it once; answers the headers that the program itself sets, names and values in turn, and the body. */
export async function readOnce(url, { method, path, headers, body }) {
  const answer = await new Promise((resolve, reject) => {
    request(new URL(path, url), { method, headers, agent: false }, resolve).on('error', reject).end(body);
  });
  const text = (await buffer(answer)).toString();
  if (answer.statusCode !== 200) throw new Error(`${method} ${path} was answered with ${answer.statusCode}: ${text}`);
  // These are Node's.
  const own = new Set(['date', 'connection', 'keep-alive']);
  const set = Object.entries(answer.headers).filter(([name]) => !own.has(name));
  return { headers: set.flat(), body: text };
}
