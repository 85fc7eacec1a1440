import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { startMeasuredProcess } from '../measured-process.mjs';
import { audience, bodyOf, newClients, scopes } from './requests.mjs';

// In Node's pool, which signs: as many as cores, as `evertoken tenant start` has it. The other issuers are as they come.
const THREADS = { UV_THREADPOOL_SIZE: String(Math.max(2, availableParallelism())) };

const HEADERS_OF_NODE = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding']);

/** All that issue: a bare server first, then the tenant and the others. `herd` is the pair that answers the same request again and again. */
export async function startSubjects({ folder, keep }) {
  const clients = newClients();
  const options = { folder, clients, audience, scopes, issuer: 'https://localhost:8443/' };
  const start = async (title, name, { env = {}, ...more } = {}) => {
    const { call, end } = keep(startMeasuredProcess(new URL('issuer-process.mjs', import.meta.url), { args: [name], env }));
    const { url } = await call('start', { ...options, ...more });
    await checkToken(title, url, clients[0]);
    return { name: title, url, end };
  };
  const bare = await start('node:http that parses and signs', 'bare', { env: THREADS });
  const tenant = await start('the tenant', 'evertoken', { env: THREADS });
  const oidcProvider = await start(`oidc-provider ${versionOf('oidc-provider')}`, 'oidc-provider');
  const mock = await start(`oauth2-mock-server ${versionOf('oauth2-mock-server')}`, 'oauth2-mock-server');
  const same = await start('node:http that answers the same bytes', 'bare', { always: await answerOf(tenant.url, clients[0]) });
  return { clients, distinct: [bare, tenant, oidcProvider, mock], herd: [same, tenant] };
}

async function ask(url, client) {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return await fetch(url, { method: 'POST', headers, body: bodyOf(client, scopes.slice(0, 2)) });
}

/** An answer as a server of nothing else can give it. */
async function answerOf(url, client) {
  const answer = await ask(url, client);
  return { headers: Object.fromEntries([...answer.headers].filter(([name]) => !HEADERS_OF_NODE.has(name))), body: await answer.text() };
}

async function checkToken(title, url, client) {
  const answer = await ask(url, client);
  const text = await answer.text();
  const [header] = answer.ok ? JSON.parse(text).access_token.split('.') : [];
  const { alg } = header === undefined ? {} : JSON.parse(Buffer.from(header, 'base64url').toString());
  if (alg !== 'RS256') throw new Error(`${title} answers ${answer.status}: ${text.slice(0, 500)}`);
}

function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
}
