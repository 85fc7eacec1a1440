import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** A request that came, with its body. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An answer: status and a body that is sent as JSON unless it is text. */
export type Answer = readonly [status: number, body: unknown, headers?: Record<string, string>];

/** A server that answers as told by path, on a free port or on a unix socket, until the test ends. */
export async function startScriptedAgent(
  answers: Record<string, Answer>,
  socketPath?: string,
): Promise<{ url: string; seen: SeenRequest[] }> {
  const seen: SeenRequest[] = [];
  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const body = await readText(req);
    seen.push({ method: req.method ?? '', url: req.url ?? '', headers: req.headers, body });
    const [status, content, headers] = answers[req.url ?? ''] ?? [404, { title: 'Not Found', status: 404 }];
    res
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(typeof content === 'string' ? content : JSON.stringify(content));
  };
  const server = createServer((req, res) => void answer(req, res));
  await new Promise<void>((resolve) => server.listen(socketPath ?? { port: 0, host: '127.0.0.1' }, resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = socketPath === undefined ? `http://127.0.0.1:${(server.address() as AddressInfo).port}` : `unix:${socketPath}`;
  return { url, seen };
}
