import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A page of somebody else, on another site: `localhost` is none of `127.0.0.1`, nor the other way round. */
export async function serveForeignPage(
  html: string,
  host: 'localhost' | '127.0.0.1' = 'localhost',
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end(html));
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
