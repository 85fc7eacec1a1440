// A test tenant, to be run in a thread: tells its parent the status of a token request.
import { parentPort } from 'node:worker_threads';
import { startTestTenant } from '../../src/testing/index.ts';

const audience = 'https://api.example/';
const tenant = await startTestTenant({ tls: false, applications: [{ name: 'worker', grants: { [audience]: [] } }] });
const { clientId: client_id, clientSecret: client_secret } = tenant.credentials('worker');
const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret, audience });
const { status } = await fetch(`${tenant.url}/oauth/token`, { method: 'POST', body });
await tenant.close();
parentPort?.postMessage(status);
