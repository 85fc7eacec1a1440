import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TenantStore } from './store/tenant-store.ts';

/**
 * `/healthz` and `/readyz`, for supervisors and load balancers: they need no token, are in no limit and show nothing. Alive is who answers. Ready is who
 * reaches the database and knows what the other nodes wrote; who is not gives tokens all the same, by what it knew last. Returns false for any other request,
 * and leaves it untouched.
 */
export function healthEndpoints(store: Pick<TenantStore, 'catchUp'>): (message: IncomingMessage, response: ServerResponse) => boolean {
  // Many who ask at once, whoever they are, are one question to the database.
  let looking: Promise<boolean> | undefined;
  const isReady = (): Promise<boolean> => {
    looking ??= store.catchUp().then(
      () => true,
      () => false,
    );
    void looking.finally(() => {
      looking = undefined;
    });
    return looking;
  };
  return ({ method, url = '' }, response) => {
    if (method !== 'GET' && method !== 'HEAD') return false;
    const path = url.split('?', 1)[0];
    if (path === '/healthz') answer(response, 200, { status: 'alive' });
    else if (path === '/readyz') {
      void isReady().then((ready) =>
        answer(response, ready ? 200 : 503, ready ? { ready } : { ready, why: 'The database cannot be reached; the log tells more.' }),
      );
    } else return false;
    return true;
  };
}

function answer(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed) return;
  const text = JSON.stringify(body);
  const head = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text), 'Cache-Control': 'no-store' };
  response.writeHead(status, head).end(text);
}
