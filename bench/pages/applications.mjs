import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';

/** Makes so many applications through the Management API of a tenant, as a script does. */
export async function fillTenant({ url, cwd }, count) {
  const home = join(cwd, '.evertoken');
  const agent = new Agent({ ca: await readFile(join(home, 'ca.pem'), 'utf8'), keepAlive: true });
  const variables = await readFile(join(home, 'tenant.env'), 'utf8');
  const variable = (name) => new RegExp(`^${name}='?([^'\\n]*)'?$`, 'm').exec(variables)?.[1];
  const post = async (path, body, headers = {}) => {
    const answer = await new Promise((resolve, reject) => {
      const asked = request(
        `${url}${path}`,
        { agent, method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
        resolve,
      );
      asked.once('error', reject);
      asked.end(JSON.stringify(body));
    });
    const told = await json(answer);
    if (answer.statusCode >= 300) throw new Error(`${path}: ${answer.statusCode} ${JSON.stringify(told)}`);
    return told;
  };
  const { access_token: token } = await post('/oauth/token', {
    grant_type: 'client_credentials',
    client_id: variable('AUTH0_CLIENT_ID'),
    client_secret: variable('AUTH0_CLIENT_SECRET'),
    audience: `${url}/api/v2/`,
  });
  const authorization = `Bearer ${token}`;
  const names = Array.from({ length: count }, (_, index) => `Application ${String(index + 1).padStart(4, '0')}`);
  for (const name of names) await post('/api/v2/clients', { name, app_type: 'non_interactive' }, { authorization });
  agent.destroy();
}
