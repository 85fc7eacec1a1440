import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { json as readJson } from 'node:stream/consumers';
import { clearTimeout, setTimeout } from 'node:timers';
import { longestSocketPath } from './listen-address.ts';
import { ServiceError, systemCodeOf } from './service-error.ts';
import { claimSocketPath, listenAtSocket } from './unix-socket.ts';

/** What is asked of a running process, and what it answers with. */
export interface ControlRequest {
  readonly method: 'GET' | 'POST';
  /** Such as `/status`. */
  readonly path: string;
}
export interface ControlAnswer {
  readonly status: number;
  /** Sent as JSON. From status 400 on it has `error`, what is wrong, and `step`, what mends it; further members are the process's own. */
  readonly body: unknown;
}

const fileName = 'control.sock';
const answerWithinMs = 30_000;

/**
 * Listens at `control.sock` in a state folder; only the user who owns the folder may connect. The socket is also the lock of the folder: a second process is
 * refused while the first one lives, and takes over what a killed process left. `close` drops connections that have asked nothing, and waits at most
 * `graceMs` (default 5 000) for answers under way.
 * @throws {ServiceError} `socket_taken` where a living process holds the folder, `address_unavailable`.
 */
export async function openControlSocket(
  folder: string,
  answer: (request: ControlRequest) => Promise<ControlAnswer>,
): Promise<{ close(options?: { graceMs?: number }): Promise<void> }> {
  const open = new Set<Socket>();
  const asking = new Set<Socket>();
  const server = createServer({ requestTimeout: 10_000, maxHeaderSize: 4_096 }, (incoming, response) => {
    asking.add(incoming.socket);
    incoming.resume();
    void answerTo(incoming, response, answer);
  });
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      asking.delete(socket);
    });
  });
  server.maxConnections = 32;
  const way = await wayTo(folder);
  try {
    await claimSocketPath(way.path, () => listening(server, way.path), join(folder, fileName));
  } catch (error) {
    await way.close();
    throw error;
  }
  return {
    async close({ graceMs = 5_000 } = {}) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Node counts a connection that has never sent a request as busy. Each connection is for one answer, so none becomes idle again.
      for (const socket of open) if (!asking.has(socket)) socket.destroy();
      const deadline = setTimeout(() => {
        for (const socket of open) socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(deadline);
      await way.close();
    },
  };
}

/**
 * Asks the process that holds the state folder; undefined where no process holds it.
 * @throws {ServiceError} `address_unavailable` where the process cannot be asked, or does not answer within 30 s.
 */
export async function askControlSocket(folder: string, { method, path }: ControlRequest): Promise<ControlAnswer | undefined> {
  const way = await wayTo(folder).catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (way === undefined) return undefined;
  try {
    return await new Promise((resolve, reject) => {
      const asked = request(
        { socketPath: way.path, method, path, agent: false, timeout: answerWithinMs, headers: { host: 'localhost' } },
        (response) => {
          readJson(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
        },
      );
      asked.once('timeout', () => asked.destroy(new Error(`no answer within ${answerWithinMs / 1000} s`)));
      asked.once('error', reject);
      asked.end();
    });
  } catch (error) {
    if (['ENOENT', 'ECONNREFUSED'].includes(systemCodeOf(error) ?? '')) return undefined;
    const why = systemCodeOf(error) ?? (error as Error).message;
    throw new ServiceError('address_unavailable', {
      problem: `The process that holds this folder cannot be asked (${why})`,
      place: join(folder, fileName),
      step: 'Ask as the user who runs it, and see whether it hangs.',
      cause: error,
    });
  } finally {
    await way.close();
  }
}

async function answerTo(
  incoming: IncomingMessage,
  response: ServerResponse,
  answer: (request: ControlRequest) => Promise<ControlAnswer>,
): Promise<void> {
  const { method = '', url = '' } = incoming;
  const isKnown = method === 'GET' || method === 'POST';
  const { status, body } = isKnown
    ? await answer({ method, path: url }).catch((error: Error) => ({
        status: 500,
        body: { error: error.message, step: 'See the log of the process.' },
      }))
    : { status: 405, body: { error: 'Only GET and POST are answered', step: 'Ask with one of them.' } };
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(body));
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    listenAtSocket(server, path, 0o600);
  });
}

/** A path to the socket that is short enough for a socket. Where the real path is too long, it leads through a descriptor of the open folder. */
async function wayTo(folder: string): Promise<{ path: string; close(): Promise<void> }> {
  const path = join(folder, fileName);
  if (Buffer.byteLength(path) <= longestSocketPath) return { path, close: async () => undefined };
  if (process.platform !== 'linux') {
    const problem = `The path of a unix socket may have ${longestSocketPath} bytes, this one has ${Buffer.byteLength(path)}`;
    throw new ServiceError('address_unavailable', { problem, place: path, step: 'Choose a state folder with a shorter path.' });
  }
  const handle: FileHandle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  return { path: `/proc/self/fd/${handle.fd}/${fileName}`, close: () => handle.close() };
}
