import { createHash, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The variable that holds the client's secret. */
const secretName = 'BENCH_CLIENT_SECRET';

/**
 * Writes the config of an agent with one token and one app into a state folder of its own. `audit`: as in the config; `api`: origin of the API that the
 * app may call; without one the app has no rate either, as by default. Answers how to start the agent and how to use it.
 */
export async function writeAgentConfig({ folder, issuer, authority }, name, { audit = false, api } = {}) {
  const home = join(folder, name);
  await mkdir(home, { mode: 0o700 });
  const { tokenEndpoint, clientId, clientSecret, audience } = issuer.facts;
  const appKey = `evk_${randomBytes(25).toString('hex').slice(1)}`;
  const socketPath = join(home, 'agent.sock');
  const app = {
    key_sha256: createHash('sha256').update(appKey).digest('hex'),
    tokens: ['bench'],
    ...(api && { proxy: { bench: ['GET /1k', 'GET /100k'] }, rate: { per_second: 1e9, burst: 1e9 } }),
  };
  const config = {
    tokens: {
      bench: { token_endpoint: tokenEndpoint, client_id: clientId, client_secret: { env: secretName }, audience, ...(api && { api }) },
    },
    apps: { bench: app },
    listen: [`unix:${socketPath}`, 'http://127.0.0.1:0'],
    audit: audit && { file: join(home, 'audit.jsonl') },
  };
  const file = join(home, 'evertoken.yaml');
  // JSON is YAML.
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return {
    home,
    args: ['start', '--home', home, '--config', file],
    env: { ...plainEnvironment(), [secretName]: clientSecret, NODE_EXTRA_CA_CERTS: authority.caFile },
    app: 'bench',
    appKey,
    audience,
    socketPath,
  };
}

/** Nothing of this machine's settings, and no tenant, agent or proxy that somebody has set up. */
function plainEnvironment() {
  const names = Object.keys(process.env).filter((name) => /^(?:EVERTOKEN_|AUTH0_|NODE_)|_proxy$/i.test(name));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}
