// A tenant in a program of somebody's own, as it is published: node embedded.mjs library HOME, or node embedded.mjs testing.
import { packedHome } from '../agent/agent-program.mjs';

const ways = {
  async library(home) {
    const { createLog, openLocalCa, openStateFolder } = await import(new URL('@evertoken/service/dist/index.js', packedHome));
    const { startTenant } = await import(new URL('@evertoken/tenant/dist/index.js', packedHome));
    const folder = await openStateFolder(home);
    const ca = await openLocalCa(folder);
    const tenant = await startTenant({
      folder,
      listen: { kind: 'https', host: 'localhost', port: 0 },
      certificate: ca.serverCertificate,
      log: createLog({ program: 'program', pretty: false }),
    });
    const { url, application } = tenant;
    return { tenant, url, ...application, ca: ca.certificatePem };
  },
  async testing() {
    const { startTestTenant } = await import(new URL('@evertoken/tenant/dist/testing/index.js', packedHome));
    const audience = 'https://api.bench.example/';
    const tenant = await startTestTenant({ applications: [{ name: 'worker', grants: { [audience]: ['read:things'] } }] });
    const { url, ca } = tenant;
    return { tenant, url, audience, ca, ...tenant.credentials('worker') };
  },
};

const [way, home] = process.argv.slice(2);
const { tenant, ...told } = await ways[way](home);
process.once('SIGTERM', () => void tenant.close().then(() => process.exit(0)));
console.log(JSON.stringify({ event: 'tenant.listening', ...told }));
