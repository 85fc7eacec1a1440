// Exit code 0 where the agent answers that it is well: probe.mjs healthz (alive) or readyz (every token usable).
// Asks at EVERTOKEN_URL, `http://…` or `unix:/…`, else where an agent listens unless told otherwise.
import { request } from 'node:http';

const url = process.env.EVERTOKEN_URL || 'http://127.0.0.1:8400';
const path = `/${process.argv[2] ?? 'healthz'}`;
const { hostname, port } = new URL(url.startsWith('unix:') ? 'http://localhost' : url);
const place = url.startsWith('unix:') ? { socketPath: url.slice('unix:'.length) } : { port };
const asking = request({ ...place, host: hostname, path, timeout: 4_000 }, (answer) => {
  answer.resume();
  if (answer.statusCode !== 200) console.error(`${path} answers ${answer.statusCode}`);
  process.exitCode = answer.statusCode === 200 ? 0 : 1;
});
asking.on('timeout', () => asking.destroy(new Error('no answer in four seconds')));
asking.on('error', (error) => {
  console.error(`${url}${path}: ${error.message}`);
  process.exitCode = 1;
});
asking.end();
