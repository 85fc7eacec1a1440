import type { FastifyReply, FastifyRequest } from 'fastify';
import { audit } from '../../apps/audit.ts';
import { readRequestPath } from '../../apps/request-path.ts';
import type { Delivery, DoorParts } from '../delivery.ts';
import { ownFault } from '../error-form.ts';
import type { Metrics } from '../metrics.ts';
import { writeProblem } from '../problem.ts';
import { Refusal } from '../refusal.ts';
import { allowCall, type Caller, callerOf, type ProxyCall } from './allow-call.ts';
import { type ForwardTools, forward } from './forward.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * `/api/v2/*` for an app with one proxied API, and `/proxy/NAME/*` for any: calls the API that the token is for, with the live token in place of
 * the app key. What an app may call is in its rules.
 */
export function proxy(parts: DoorParts & Omit<ForwardTools, 'log'> & { metrics: Metrics }): Delivery {
  const { apps, book, listenerOf, log, auditLog, clock, metrics } = parts;

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    // Taken from the framework before it looks at the body, which is to stream through as it is.
    reply.hijack();
    const began = clock.monotonic();
    const { raw, id: requestId } = request;
    const response = reply.raw;
    let caller: Caller | undefined;
    let facts: { token: string; pattern: string } | undefined;
    let fingerprint: string | undefined;
    try {
      refuseUpgrade(raw.headers.upgrade);
      caller = callerOf(raw.headers.authorization, { apps, book });
      const { call, target } = readCall(raw.url ?? '', raw.method ?? '');
      const { token, pattern } = allowCall(caller, call, book);
      facts = { token: token.name, pattern };
      const origin = token.config.apiOrigin;
      if (origin === undefined) throw new Refusal(403, 'no_api', 'The audience of this token names no host to send calls to.');
      fingerprint = await forward({ request: raw, response, requestId, token, origin, target }, parts);
      metrics.observeProxied(token.name, clock.monotonic() - began);
    } catch (error) {
      const refusal = error instanceof Refusal ? error : ownFault(error, log);
      // The body of a refused request is not read, so its connection cannot be used again.
      writeProblem(response, refusal.with({ headers: { connection: 'close' } }));
    } finally {
      if (caller !== undefined) {
        const app = 'app' in caller ? caller.app.name : undefined;
        const { token = '', pattern = `${raw.method} (no rule)` } = facts ?? {};
        const status = response.headersSent ? response.statusCode : 499;
        audit(auditLog, {
          event: 'proxy.call',
          app,
          listener: listenerOf(raw),
          token,
          fingerprint,
          pattern,
          status,
          ms: clock.monotonic() - began,
        });
      }
    }
  }

  return {
    open(server) {
      server.addHook('onRequest', answer);
      const neverReached = async (): Promise<void> => undefined;
      for (const url of ['/api/v2/*', '/proxy/:name/*']) server.route({ method: methods, url, handler: neverReached });
    },
  };
}

/** The call that a request target means, and the target at the API. The guard has refused targets of more than one meaning before. */
function readCall(url: string, method: string): { call: ProxyCall; target: string } {
  const path = readRequestPath(url);
  if (path === undefined) throw new Refusal(400, 'ambiguous_path', 'The path can be read in more than one way.');
  const { raw, query, segments } = path;
  if (segments[0] !== 'proxy') return { call: { method, segments, tokenName: undefined }, target: `${raw}${query}` };
  const rest = raw.split('/').slice(3).join('/');
  return { call: { method, segments: segments.slice(2), tokenName: segments[1] }, target: `/${rest}${query}` };
}

/** Programs offer HTTP/2 by `Upgrade: h2c` (Java does), which may be ignored (RFC 9110 §7.8); what needs another protocol is told that there is none. */
function refuseUpgrade(upgrade: string | undefined): void {
  if (upgrade === undefined || upgrade.trim().toLowerCase() === 'h2c') return;
  throw new Refusal(
    501,
    'upgrade_refused',
    `The proxy speaks HTTP alone and does not change to ${upgrade.replaceAll(/[^\w./ -]/g, '').slice(0, 40)}.`,
  );
}
