import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { audience, bodyOf, scopes } from '../tenant-tokens/requests.mjs';

/** How many different token requests there are: more than are answered in a second, so that none comes back within one. */
const DISTINCT = 20_000;
/** Of so many clients each request with another scope. */
const FEWEST_CLIENTS = 100;

const digest = (text) => createHash('sha256').update(text).digest();

/** The client of this number; ids and secrets of the length that Auth0's have, the same in every process. */
export function clientNumber(number) {
  return {
    clientId: digest(`client ${number}`).toString('hex').slice(0, 32),
    clientSecret: Buffer.concat([digest(`secret ${number}`), digest(`more of secret ${number}`)])
      .toString('base64url')
      .slice(0, 64),
  };
}

/** What a tenant is seeded with: one API, and `count` clients with a grant each. */
export function documentOf(count) {
  const clients = Array.from({ length: count }, (_, number) => clientNumber(number));
  return {
    resourceServers: [{ identifier: audience, name: 'Bench', scopes: scopes.map((value) => ({ value })) }],
    clients: clients.map(({ clientId, clientSecret }, number) => ({
      name: `Worker ${number}`,
      client_id: clientId,
      client_secret: clientSecret,
      app_type: 'non_interactive',
      grant_types: ['client_credentials'],
    })),
    clientGrants: clients.map(({ clientId }) => ({ client_id: clientId, audience, scope: scopes })),
  };
}

/** Files with token requests of `count` clients: different ones of clients all over the store, and always the same. Scopes do not depend on `count`. */
export async function writeBodies(folder, count) {
  const files = { distinct: join(folder, `distinct-${count}.txt`), herd: join(folder, 'herd.txt') };
  const stride = Math.max(1, Math.floor(count / DISTINCT));
  const distinct = Array.from({ length: DISTINCT }, (_, index) => {
    const turn = Math.floor(index / FEWEST_CLIENTS) + 1;
    return bodyOf(
      clientNumber((index * stride) % count),
      scopes.filter((_scope, bit) => (turn & (1 << bit)) !== 0),
    );
  });
  await writeFile(files.distinct, `${distinct.join('\n')}\n`);
  await writeFile(files.herd, `${bodyOf(clientNumber(0), scopes.slice(0, 2))}\n`);
  return files;
}
