import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { packedHome } from '../../agent/agent-program.mjs';
import { logToNowhere } from '../../log-to-nowhere.mjs';

const service = await import(new URL('@evertoken/service/dist/index.js', packedHome));
const { startTenant } = await import(new URL('@evertoken/tenant/dist/index.js', packedHome));

/** The tenant as it is published, over SQLite; its log goes to nowhere, a line a token, in the way that the command writes it. */
export async function startIssuer({ folder, clients, audience, scopes }) {
  const tenant = await startTenant({
    folder: await service.openStateFolder(await mkdtemp(join(folder, 'tenant-'))),
    listen: { kind: 'http', host: '127.0.0.1', port: 0 },
    certificate: () => Promise.reject(new Error('The bench speaks plain http.')),
    log: logToNowhere(service),
    document: {
      resourceServers: [{ identifier: audience, name: 'Bench', scopes: scopes.map((value) => ({ value })) }],
      clients: clients.map(({ clientId, clientSecret }) => ({
        name: clientId,
        client_id: clientId,
        client_secret: clientSecret,
        app_type: 'non_interactive',
        grant_types: ['client_credentials'],
      })),
      clientGrants: clients.map(({ clientId }) => ({ client_id: clientId, audience, scope: scopes })),
    },
  });
  return { url: `${tenant.url}/oauth/token` };
}
