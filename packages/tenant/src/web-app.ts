import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { SetTimer } from './clock.ts';
import { commonHeaders } from './common-headers.ts';
import { healthEndpoints } from './health.ts';
import type { ManageParts } from './manage/manage-parts.ts';
import { newRequestId } from './model/random-id.ts';
import { frontOf } from './oauth/front.ts';
import type { TokenEndpointParts } from './oauth/token-endpoint.ts';
import { ownFault, ownFaultBody } from './own-fault.ts';

/** All routes of a tenant. */
export interface WebApp {
  /** Answers one request. */
  readonly handle: (message: IncomingMessage, response: ServerResponse) => void;
  close(): Promise<void>;
}

/** A server takes the absolute form, too (RFC 9112 §3.2.2), which is how clients speak that take it for a proxy. */
function originForm(target: string): string {
  if (target.startsWith('/') || !/^https?:\/\//i.test(target)) return target;
  const path = target.replace(/^https?:\/\/[^/?]*/i, '');
  return path.startsWith('/') ? path : `/${path}`;
}

/** How long after the start what nobody has asked for yet is loaded, ms: later the files may have been replaced. */
const loadAfterMs = 1_000;

/**
 * Makes all routes of a tenant. Tokens and keys are there at once; the Management API, which is half of all that there is to load, with the first request for
 * it, or a second later: a first token does not wait for it.
 */
export function createWebApp(parts: ManageParts & TokenEndpointParts & { readonly setTimer: SetTimer }): WebApp {
  const [front, health] = [frontOf(parts), healthEndpoints(parts.store)];
  let routes: FastifyInstance | undefined;
  let opening: Promise<void> | undefined;

  async function openRoutes(): Promise<void> {
    const module = await import('./routes.ts');
    routes = await module.openRoutes(parts);
  }

  function open(): Promise<void> {
    timer.cancel();
    opening ??= openRoutes().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  const timer = parts.setTimer(() => {
    // Told to whoever asks for it.
    open().catch(() => undefined);
  }, loadAfterMs);

  return {
    handle(message, response) {
      message.url = originForm(message.url ?? '');
      if (front(message, response) || health(message, response)) return;
      if (routes !== undefined) routes.routing(message, response);
      else
        open().then(
          () => routes?.routing(message, response),
          (error: unknown) => fail(error, message, response),
        );
    },
    async close() {
      timer.cancel();
      await opening?.catch(() => undefined);
      await routes?.close();
    },
  };

  function fail(error: unknown, { method, url }: IncomingMessage, response: ServerResponse): void {
    const requestId = newRequestId();
    const fault = ownFault(parts.log, { requestId, method, path: url?.split('?')[0], err: error });
    response.writeHead(500, {
      ...commonHeaders(requestId),
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': 'no-store',
    });
    response.end(JSON.stringify(ownFaultBody(fault)));
  }
}
