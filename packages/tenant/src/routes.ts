import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { commonHeaders } from './common-headers.ts';
import type { ManageParts } from './manage/manage-parts.ts';
import { ManageRefusal, manageRefusals } from './manage/manage-refusal.ts';
import { addManageRoutes, largestBody, refuseManage } from './manage/manage-routes.ts';
import { newRequestId } from './model/random-id.ts';
import { addWellKnownRoutes } from './oauth/well-known-route.ts';
import { ownFault, ownFaultBody } from './own-fault.ts';

/** The Management API and what a tenant tells of itself, ready to be given requests. */
export async function openRoutes(parts: ManageParts): Promise<FastifyInstance> {
  const app = Fastify({
    logger: false,
    genReqId: newRequestId,
    bodyLimit: largestBody,
    // An API is named in a path by its identifier, percent-encoded: up to 600 characters of three each.
    routerOptions: { maxParamLength: 2_000 },
    frameworkErrors: (error, request, reply) => {
      void reply.headers(commonHeaders(request.id));
      void refuseManage(reply as FastifyReply, new ManageRefusal(error.statusCode ?? 400, 'The path of the request is malformed.'));
    },
  });
  // Bytes: whether they are UTF-8, and what they say, is for the routes to judge.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  app.addHook('onRequest', async (request, reply) => void reply.headers(commonHeaders(request.id)));
  app.setNotFoundHandler((request, reply) =>
    refuseManage(reply, manageRefusals.notServed(request.method, request.url.split('?')[0] ?? '')),
  );
  app.setErrorHandler((error, request, reply) => {
    const { id: requestId, method } = request;
    const fault = ownFault(parts.log, { requestId, method, path: request.routeOptions.url, err: error });
    return reply.code(500).header('Cache-Control', 'no-store').send(ownFaultBody(fault));
  });

  app.register(async (scope) => addWellKnownRoutes(scope, parts));
  app.register(async (scope) => addManageRoutes(scope, parts), { prefix: '/api/v2' });
  await app.ready();
  return app;
}
