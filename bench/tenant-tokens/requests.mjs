import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What tokens are asked for. */
export const audience = 'https://api.bench.example/';
export const scopes = Array.from({ length: 12 }, (_, index) => `read:thing_${index + 1}`);

const CLIENTS = 50;
const DISTINCT = 20_000;

/** Clients that all issuers but the mocking ones know; ids and secrets as Auth0 makes them. */
export function newClients() {
  return Array.from({ length: CLIENTS }, () => ({
    clientId: randomBytes(16).toString('hex'),
    clientSecret: randomBytes(48).toString('base64url'),
  }));
}

/** Files with the bodies of token requests: one that is always the same, and so many different ones that none comes back within a second. */
export async function writeBodies(folder, clients) {
  const files = { herd: join(folder, 'herd.txt'), distinct: join(folder, 'distinct.txt') };
  const distinct = Array.from({ length: DISTINCT }, (_, index) => {
    const [turn, client] = [Math.floor(index / clients.length) + 1, clients[index % clients.length]];
    return bodyOf(
      client,
      scopes.filter((_scope, bit) => (turn & (1 << bit)) !== 0),
    );
  });
  await writeFile(files.distinct, `${distinct.join('\n')}\n`);
  await writeFile(files.herd, `${bodyOf(clients[0], scopes.slice(0, 2))}\n`);
  return files;
}

export function bodyOf({ clientId, clientSecret }, scope) {
  return new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    audience,
    // What audience is to Auth0, resource is to others (RFC 8707).
    resource: audience,
    scope: scope.join(' '),
  }).toString();
}
