import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ListenAddress } from '@evertoken/service';
import fastify from 'fastify';
import type { Delivery, DoorParts } from './delivery.ts';
import { answerErrors, sendRefusal } from './error-form.ts';
import { longestBody, refusalOf } from './guard.ts';
import { ListenerBook } from './listener-of.ts';
import type { Metrics } from './metrics.ts';
import { writeProblem } from './problem.ts';
import { Refusal } from './refusal.ts';

/** All doors behind the guard. */
export interface Doors {
  /** Answers one request that came in on `address`. */
  answer(request: IncomingMessage, response: ServerResponse, address: ListenAddress): void;
  close(): Promise<void>;
}

/** Puts the guard before the deliveries, and counts every answer. */
export async function openDoors(
  makeDeliveries: (listeners: ListenerBook) => readonly Delivery[],
  { log, metrics }: Pick<DoorParts, 'log'> & { metrics: Metrics },
): Promise<Doors> {
  const listeners = new ListenerBook();
  const requestIds = new WeakMap<IncomingMessage, string>();
  const server = fastify({
    logger: false,
    bodyLimit: longestBody,
    // The head is bounded already; a shorter limit would be told in fastify's own form.
    routerOptions: { maxParamLength: 65_536 },
    genReqId: (raw) => requestIds.get(raw) ?? randomUUID(),
  });
  answerErrors(server, 'problem', log);
  server.setNotFoundHandler((_request, reply) => sendRefusal(reply, new Refusal(404, 'not_found', 'There is nothing here.'), 'problem'));
  for (const delivery of makeDeliveries(listeners)) void server.register(async (part) => delivery.open(part));
  await server.ready();

  return {
    answer(request, response, address) {
      const requestId = requestIdOf(request);
      requestIds.set(request, requestId);
      listeners.enter(request, address);
      const door = doorOf(request.url ?? '');
      response.once('close', () => metrics.countAnswer(door, response.headersSent ? response.statusCode : 499));
      response.setHeader('x-request-id', requestId);
      response.setHeader('x-content-type-options', 'nosniff');
      const refusal = refusalOf(request, address);
      if (refusal === undefined) server.routing(request, response);
      else if (door === 'token_endpoint') writeProblem(response, refusal.with({ code: 'invalid_request' }), 'oauth');
      else writeProblem(response, refusal);
    },
    close: () => server.close(),
  };
}

function doorOf(url: string): string {
  if (/^\/oauth\/token(?:\?|$)/.test(url)) return 'token_endpoint';
  if (url.startsWith('/v1/')) return 'token_api';
  if (url.startsWith('/api/v2/') || url.startsWith('/proxy/')) return 'proxy';
  return 'other';
}

/** The id that the program gave, if it is a plain one; else a new one. */
function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}
