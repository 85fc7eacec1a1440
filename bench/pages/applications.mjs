import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, request } from 'undici';

/** Makes so many applications through the Management API of a tenant, as a script does. */
export async function fillTenant({ url, cwd }, count) {
  const home = join(cwd, '.evertoken');
  const dispatcher = new Agent({ connect: { ca: await readFile(join(home, 'ca.pem'), 'utf8') } });
  const variables = await readFile(join(home, 'tenant.env'), 'utf8');
  const variable = (name) => new RegExp(`^${name}='?([^'\\n]*)'?$`, 'm').exec(variables)?.[1];
  const post = async (path, body, headers = {}) => {
    const answer = await request(`${url}${path}`, {
      dispatcher,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    const json = await answer.body.json();
    if (answer.statusCode >= 300) throw new Error(`${path}: ${answer.statusCode} ${JSON.stringify(json)}`);
    return json;
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
  await dispatcher.close();
}
