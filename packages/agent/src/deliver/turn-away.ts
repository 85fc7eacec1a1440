import type { ServerResponse } from 'node:http';
import { sendRefusal } from './exchange.ts';
import type { Refusal } from './refusal.ts';
import { givenRequestId } from './request-id.ts';

/**
 * Answers `refusal` to a request that comes to no door: as an OAuth error at the token endpoint, else as a problem. Nothing happens where the answer has begun.
 * Tells the request's id.
 */
export function turnAway(response: ServerResponse, refusal: Refusal, newRequestId: () => string): string {
  const { req } = response;
  const requestId = givenRequestId(req) ?? newRequestId();
  sendRefusal({ response, requestId }, refusal, /^\/oauth\/token(?:\?|$)/.test(req.url ?? '') ? 'oauth' : 'problem');
  return requestId;
}
