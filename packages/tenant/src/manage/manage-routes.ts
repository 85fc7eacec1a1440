import type { FastifyInstance, FastifyReply } from 'fastify';
import { addClientGrantRoutes } from './client-grants-route.ts';
import { addClientRoutes } from './clients-route.ts';
import type { ManageParts } from './manage-parts.ts';
import { ManageRefusal } from './manage-refusal.ts';
import { addResourceServerRoutes } from './resource-servers-route.ts';

/** Largest body of the Management API, bytes (contract §4). */
const largestBody = 1_048_576;

/** The Management API, for the prefix `/api/v2`. */
export function addManageRoutes(app: FastifyInstance, parts: ManageParts): void {
  app.decorateRequest('bearer', undefined);
  app.addHook('onRequest', async (_request, reply) => {
    setManageHeaders(reply);
  });
  app.setErrorHandler((error, _request, reply) => {
    const refusal = error instanceof ManageRefusal ? error : refusalOfFramework(error);
    if (refusal === undefined) throw error;
    return refuseManage(reply, refusal);
  });
  addClientRoutes(app, parts);
  addClientGrantRoutes(app, parts);
  addResourceServerRoutes(app, parts);
}

function setManageHeaders(reply: FastifyReply): void {
  reply.header('Cache-Control', 'no-cache');
  reply.header('Vary', 'origin,accept-encoding');
  reply.header('Access-Control-Expose-Headers', 'X-RateLimit-Limit,X-RateLimit-Remaining,X-RateLimit-Reset');
}

/** Answers with `refusal`. */
export function refuseManage(reply: FastifyReply, refusal: ManageRefusal): FastifyReply {
  setManageHeaders(reply);
  return reply.code(refusal.status).headers(refusal.headers).send(refusal.body);
}

// What fastify refuses before a route sees it.
function refusalOfFramework(error: unknown): ManageRefusal | undefined {
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (statusCode === undefined || statusCode < 400 || statusCode > 499) return undefined;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new ManageRefusal(413, `Payload content length greater than maximum allowed: ${largestBody}`);
  }
  return new ManageRefusal(statusCode, 'The request could not be read whole.', { cause: error });
}
