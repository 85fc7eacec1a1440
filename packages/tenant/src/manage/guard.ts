import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { ManagementEndpoint } from '../rate-limit/rate-limit-plan.ts';
import type { RateLimitRuling } from '../rate-limit/rate-limits.ts';
import { type Bearer, type BearerJudge, requireScope } from './bearer.ts';
import type { ManageParts } from './manage-parts.ts';
import { manageRefusals } from './manage-refusal.ts';
import type { OperationFacts } from './operation.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard of every Management API route. */
    bearer: Bearer | undefined;
  }
}

/** Lets a call of `operation` pass, before its body is read, that is within the limits and whose bearer token is good and has the scopes. */
export function guard(judge: BearerJudge, parts: ManageParts, operation: OperationFacts): onRequestAsyncHookHandler {
  return async (request, reply) => {
    request.bearer = await judge.judge(request.headers.authorization);
    const { standing, refused } = parts.rateLimits.management(endpointOf(operation, request));
    setStanding(reply, standing);
    if (refused !== undefined) throw manageRefusals.tooManyRequests(refused);
    requireScope(request.bearer, operation.scopes);
  };
}

// A search is a call of the same path with `q`.
function endpointOf({ endpoint = 'other', path }: OperationFacts, { url }: FastifyRequest): ManagementEndpoint {
  return path === '/clients' && endpoint === 'read_clients' && /[?&]q=/.test(url) ? 'search_clients' : endpoint;
}

function setStanding(reply: FastifyReply, { limit, remaining, resetSeconds }: RateLimitRuling['standing']): void {
  reply.header('X-RateLimit-Limit', String(limit));
  reply.header('X-RateLimit-Remaining', String(remaining));
  reply.header('X-RateLimit-Reset', String(resetSeconds));
}

/** Who calls, on a route that is guarded. */
export function bearerOf(request: FastifyRequest): Bearer {
  if (request.bearer === undefined) throw manageRefusals.missingAuthentication();
  return request.bearer;
}
