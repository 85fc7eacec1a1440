// A program that has installed agent and tenant: runs both in one process, and reads the token as another program would.
import { readFile } from 'node:fs/promises';
import { loadAgentConfig, startAgent } from '@evertoken/agent';
import { createLog, openLocalCa, openStateFolder } from '@evertoken/service';
import { startTenant } from '@evertoken/tenant';

const log = createLog({ program: 'installed', pretty: false, level: 'silent' });
const listen = { kind: 'https', host: 'localhost', port: 0 };
const folder = await openStateFolder('tenant-state');
const tenantCa = await openLocalCa(folder);
const tenant = await startTenant({ folder, listen, certificate: tenantCa.serverCertificate, log });

const { clientId, clientSecret } = tenant.application;
const agentFolder = await openStateFolder('agent-state');
const ca = await openLocalCa(agentFolder);
const config = await loadAgentConfig({
  env: { AUTH0_DOMAIN: tenant.domain, AUTH0_CLIENT_ID: clientId, AUTH0_CLIENT_SECRET: clientSecret },
  folder: agentFolder,
  listen: ['http://127.0.0.1:0'],
});
const extraCa = [await readFile(tenantCa.certificatePath, 'utf8')];
const agent = await startAgent({ config, folder: agentFolder, certificate: ca.serverCertificate, extraCa, log, version: '0.0.0' });
await agent.ready();

const authorization = `Bearer ${(await readFile(agent.app.keyPath, 'utf8')).trim()}`;
const { status } = await fetch(`${agent.urls[0]}/v1/tokens/default`, { headers: { authorization } });
const clients = await fetch(`${agent.urls[0]}/api/v2/clients`, { headers: { authorization } });
console.log(JSON.stringify({ status, names: (await clients.json()).map(({ name }) => name) }));
await agent.close();
await tenant.close();
