import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

const POLL_MS = 20;
const LONGEST_MS = 10_000;

/**
 * Starts an nginx of one worker with all that it writes in `folder/name`, and waits until it answers. `http` is what stands in its `http` block, `server`
 * in the only server of it; `port` is taken where it is given. Keep-alive without end, no access log.
 */
export async function startNginx(folder, name, { http = '', server }) {
  const home = join(folder, name);
  await mkdir(home);
  const port = await freePort();
  const file = join(home, 'nginx.conf');
  await writeFile(file, configOf({ port, http, server }));
  const child = spawn('nginx', ['-p', home, '-c', file, '-e', 'error.log'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const printed = [];
  child.stderr.on('data', (chunk) => printed.push(chunk));
  const ended = once(child, 'exit');
  // Nobody else would end it where the bench fails on the way.
  const kill = () => child.kill('SIGTERM');
  process.once('exit', kill);
  const origin = `http://127.0.0.1:${port}`;
  for (const until = performance.now() + LONGEST_MS; !(await isListening(port)); ) {
    if (child.exitCode !== null || performance.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`nginx does not start: ${Buffer.concat(printed)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return {
    origin,
    async end() {
      kill();
      await ended;
      process.off('exit', kill);
    },
  };
}

/** `1.22.1`. */
export function nginxVersion() {
  return /nginx\/(\S+)/.exec(spawnSync('nginx', ['-v']).stderr.toString())?.[1];
}

function configOf({ port, http, server }) {
  // As root the worker would be another user, who may not read the folder.
  const user = process.getuid() === 0 ? 'user root;' : '';
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`).join(' ');
  return `${user} worker_processes 1; daemon off; pid nginx.pid; error_log error.log crit;
events { worker_connections 1024; }
http {
  access_log off; ${temporary} keepalive_requests 1000000000; keepalive_timeout 1h; tcp_nodelay on; sendfile on;
  ${http}
  server { listen 127.0.0.1:${port}; ${server} }
}
`;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function isListening(port) {
  return await fetch(`http://127.0.0.1:${port}/`).then(
    async (answer) => {
      await answer.arrayBuffer();
      return true;
    },
    () => false,
  );
}
