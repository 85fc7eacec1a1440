import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import { json } from 'node:stream/consumers';

/**
 * How long it takes, ms, from the start of `node ARGS`, a tenant, until it has issued a token; it is then stopped. What it prints tells where and for
 * whom a token can be asked: the line of `evertoken tenant start`, or the same as JSON.
 */
export async function timeFirstToken(args, env = {}) {
  const begun = performance.now();
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  let printed = '';
  try {
    const ready = new Promise((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk) => {
          printed += chunk;
          const line = printed.split('\n').find((candidate, at, all) => at < all.length - 1 && candidate.includes('"tenant.listening"'));
          if (line !== undefined) resolve(JSON.parse(line));
        });
      }
    });
    const line = await Promise.race([ready, ended.then(([code]) => Promise.reject(new Error(`It ended with ${code}.`)))]);
    await askForToken(line.env_file === undefined ? line : { ...line, ...(await variablesIn(line.env_file)) });
    return { ms: performance.now() - begun };
  } catch (cause) {
    throw new Error(`node ${args.join(' ')} gave no token: ${printed}`, { cause });
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

/** What `evertoken tenant start` writes for programs that use it. */
async function variablesIn(file) {
  const text = await readFile(file, 'utf8');
  const of = (name) => new RegExp(`^(?:export )?${name}=["']?([^"'\\n]*)`, 'm').exec(text)?.[1];
  const caFile = of('NODE_EXTRA_CA_CERTS');
  return {
    clientId: of('AUTH0_CLIENT_ID'),
    clientSecret: of('AUTH0_CLIENT_SECRET'),
    audience: of('AUTH0_AUDIENCE'),
    ca: caFile === undefined ? undefined : await readFile(caFile),
  };
}

async function askForToken({ url, clientId, clientSecret, audience, ca }) {
  const body = JSON.stringify({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, audience });
  const options = { method: 'POST', headers: { 'content-type': 'application/json' }, agent: false };
  const answer = await new Promise((resolve, reject) => {
    const asked = url.startsWith('https:')
      ? request(`${url}/oauth/token`, { ...options, ca }, resolve)
      : plainRequest(`${url}/oauth/token`, options, resolve);
    asked.on('error', reject).end(body);
  });
  const { access_token: token, ...others } = await json(answer);
  if (token === undefined) throw new Error(`It refused a token: ${JSON.stringify(others)}`);
}
