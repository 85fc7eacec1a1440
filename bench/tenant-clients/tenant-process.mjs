// A tenant as it is published, in a process of its own: node tenant-process.mjs, then called over the channel.
import { readFileSync } from 'node:fs';
import { packedHome } from '../agent/agent-program.mjs';
import { openChannel } from '../channel.mjs';
import { logToNowhere } from '../log-to-nowhere.mjs';
import { documentOf } from './clients.mjs';

process.on('disconnect', () => process.exit(0));

const service = await import(new URL('@evertoken/service/dist/index.js', packedHome));
const { startTenant } = await import(new URL('@evertoken/tenant/dist/index.js', packedHome));

async function start({ home, store }, more = {}) {
  return await startTenant({
    folder: await service.openStateFolder(home),
    store,
    listen: { kind: 'http', host: '127.0.0.1', port: 0 },
    // That the store has the same domain wherever the tenant listens.
    domain: 'bench.example',
    certificate: () => Promise.reject(new Error('The bench speaks plain http.')),
    log: logToNowhere(service),
    ...more,
  });
}

openChannel(process, {
  cpu: () => process.cpuUsage(),
  memory: () => ({ rss: process.memoryUsage().rss, highestRss: highestRss() }),
  /** Makes a tenant with `count` clients; it does not go on. */
  async fill({ place, count }) {
    const tenant = await start(place, { document: documentOf(count) });
    await tenant.close();
  },
  async start(place) {
    const { url, application } = await start(place);
    return { url, application };
  },
});

/** Bytes. `maxRSS` would tell that of the process that started this one, where it was more: Linux hands it on. */
function highestRss() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
}
