import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { setRateLimit } from '../rate-limit-headers.ts';
import { type Bearer, requireScope, verifyBearer } from './bearer.ts';
import type { ManageParts } from './manage-parts.ts';
import { manageRefusals } from './manage-refusal.ts';

/** Lets a request pass, before its body is read, whose bearer token is good and has one of `anyOf`. */
export function guard(parts: ManageParts, anyOf: readonly string[]): onRequestAsyncHookHandler {
  return async (request, reply) => {
    request.bearer = await verifyBearer(request.headers.authorization, parts);
    setRateLimit(reply, 50, parts.now);
    requireScope(request.bearer, anyOf);
  };
}

/** Who calls, on a route that is guarded. */
export function bearerOf(request: FastifyRequest): Bearer {
  if (request.bearer === undefined) throw manageRefusals.missingAuthentication();
  return request.bearer;
}
