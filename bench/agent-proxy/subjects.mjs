import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { nginxVersion, startNginx } from '../agent/nginx.mjs';
import { startAgent } from '../agent/running-agent.mjs';
import { startMeasuredProcess } from '../measured-process.mjs';
import { sizes } from './api.mjs';

const proxies = [
  { name: '@fastify/http-proxy', file: 'fastify-http-proxy' },
  { name: 'fast-proxy', file: 'fast-proxy' },
  { name: 'http-proxy-3', file: 'http-proxy-3' },
];

/** The API itself first, then the agent, nginx, and the others; each with the URL of a path and what a program sends there. */
export async function startSubjects(workplace, api) {
  const { folder, keep } = workplace;
  // As long as the agent's.
  const token = `eyJ${randomBytes(480).toString('base64url')}`;
  const authorization = `Bearer ${token}`;
  const off = await startAgent(workplace, 'off', { audit: false, api: api.origin });
  const file = await startAgent(workplace, 'file', { audit: true, api: api.origin });
  const asAgent = (name, { url, appKey, call }) => ({
    name,
    urlOf: (path) => `${url}/proxy/bench${path}`,
    headers: { authorization: `Bearer ${appKey}` },
    call,
  });
  // A key that nobody looks at: the others replace it, and know no apps and no rules.
  const headers = { authorization: `Bearer ${off.appKey}` };
  const nginx = keep(await startNginx(folder, 'nginx', nginxConfig(api, authorization)));
  const others = [];
  for (const { name, file: proxy } of proxies) {
    const running = keep(startMeasuredProcess(new URL('proxy-process.mjs', import.meta.url), { args: [proxy] }));
    const port = await running.call('start', { origin: api.origin, authorization });
    others.push({ name: `${name} ${versionOf(name)}`, urlOf: (path) => `http://127.0.0.1:${port}${path}`, headers, call: running.call });
  }
  const subjects = [
    { name: 'the API, asked directly', urlOf: (path) => `${api.origin}${path}`, headers: { authorization } },
    asAgent('the agent, audit off', off),
    asAgent('the agent, audit in a file', file),
    { name: `nginx ${nginxVersion()}, one worker`, urlOf: (path) => `${nginx.origin}${path}`, headers },
    ...others,
  ];
  for (const subject of subjects) await checkAnswers(subject);
  return subjects;
}

/** A proxy as nginx's own documentation has it for kept connections. */
function nginxConfig(api, authorization) {
  return {
    http: `upstream api { server ${new URL(api.origin).host}; keepalive 128; keepalive_requests 1000000000; keepalive_timeout 1h; }`,
    server: `location / {
      proxy_pass http://api; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_set_header Authorization "${authorization}";
    }`,
  };
}

async function checkAnswers({ name, urlOf, headers }) {
  for (const [path, bytes] of Object.entries(sizes)) {
    const answer = await fetch(urlOf(path), { headers });
    const body = await answer.arrayBuffer();
    if (answer.status !== 200 || body.byteLength !== bytes) {
      throw new Error(`${name} answers ${path} with ${answer.status} and ${body.byteLength} bytes: ${Buffer.from(body).subarray(0, 500)}`);
    }
  }
}

function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
}
