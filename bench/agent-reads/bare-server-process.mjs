// A bare node:http server that answers always the same: node bare-server-process.mjs, then called over the channel.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { openChannel } from '../channel.mjs';

/** By method: `{ headers (names and values in turn), body }`. */
let answers;

function answer(request, response) {
  const { headers, body } = answers[request.method];
  const send = () => response.writeHead(200, headers).end(body);
  // What a POST says has to be read by any server, whatever becomes of it.
  if (request.method === 'POST') request.on('data', () => undefined).on('end', send);
  else send();
}

async function listen(...place) {
  const server = createServer(answer);
  // As the agent has it; its answers tell it.
  server.keepAliveTimeout = 72_000;
  server.listen(...place);
  await once(server, 'listening');
  return server;
}

process.on('disconnect', () => process.exit(0));

openChannel(process, {
  cpu: () => process.cpuUsage(),
  async start(options) {
    answers = options.answers;
    await listen(options.socketPath);
    const server = await listen(0, '127.0.0.1');
    return `http://127.0.0.1:${server.address().port}`;
  },
});
