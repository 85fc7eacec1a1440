import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { tenantNameOf } from '../model/domain.ts';
import { ownFault } from '../own-fault.ts';
import { TenantError } from '../tenant-error.ts';
import { BearerJudge } from './bearer.ts';
import { journalCall } from './call-journal.ts';
import { bearerOf, guard } from './guard.ts';
import type { CallParts, ManageParts } from './manage-parts.ts';
import { ManageRefusal, manageRefusals } from './manage-refusal.ts';
import { openApiDocument } from './openapi.ts';
import type { Operation } from './operation.ts';
import { operations } from './operations.ts';
import { PageCache } from './page-cache.ts';
import { secretsIn } from './secrets.ts';

/** Largest body of the Management API, bytes, as Auth0's documentation has it. */
export const largestBody = 1_048_576;

/** The Management API, for the prefix `/api/v2`. */
export function addManageRoutes(app: FastifyInstance, given: ManageParts): void {
  const parts: CallParts = { ...given, tenant: tenantNameOf(given.domain), clientPages: new PageCache() };
  const judge = new BearerJudge(parts);
  // Lists of clients show certificates, and can be chosen by grants.
  parts.store.onChange(({ written, removed }) => {
    if (
      [written, removed].some(
        (records) => records.applications || records.clientGrants || records.organizationGrants || records.signingKeys,
      )
    ) {
      parts.clientPages.clear();
    }
  });
  app.decorateRequest('bearer', undefined);
  app.addHook('onRequest', async (_request, reply) => setManageHeaders(reply));
  for (const operation of operations) addRoute(app, operation, parts, judge);

  let document: Buffer | undefined;
  app.get('/openapi.json', async (_request, reply) => {
    document ??= Buffer.from(JSON.stringify(openApiDocument(operations, `https://${parts.domain}/api/v2`)));
    return reply.type('application/json; charset=utf-8').send(document);
  });
}

function addRoute(app: FastifyInstance, operation: Operation, parts: CallParts, judge: BearerJudge): void {
  app.route({
    method: operation.method,
    url: operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    onRequest: [refuseEmptyParameters, guard(judge, parts, operation)],
    handler: async (request, reply) => {
      const {
        body,
        bytes,
        link,
        secrets = secretsIn(body),
      } = await operation.run({
        url: request.url,
        pathParameters: request.params,
        contentType: request.headers['content-type'],
        body: request.body as Buffer | undefined,
        bearer: bearerOf(request),
        parts,
      });
      journalCall(parts, operation, request, { status: operation.status, body, secrets });
      if (link !== undefined) reply.header('Link', link);
      // Also where there is no body, as recorded from Auth0.
      reply.code(operation.status).header('Content-Type', 'application/json; charset=utf-8');
      if (operation.status === 204) return await reply.send();
      return await reply.send(bytes ?? Buffer.from(JSON.stringify(body)));
    },
    errorHandler: (error, request, reply) => {
      const refusal = refusalOf(error, request, parts);
      journalCall(parts, operation, request, refusal ?? { status: 500 });
      if (refusal === undefined) throw error;
      void refuseManage(reply, refusal);
    },
  });
}

// Such as `/clients/`: fastify takes it for a client whose id is empty, which all operations but a deletion would not find.
const refuseEmptyParameters: onRequestAsyncHookHandler = async (request, reply) => {
  if (!Object.values(request.params as Record<string, string>).includes('')) return;
  reply.callNotFound();
  return reply;
};

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

function refusalOf(error: unknown, request: FastifyRequest, { log }: ManageParts): ManageRefusal | undefined {
  if (error instanceof ManageRefusal) return error;
  if (error instanceof TenantError) {
    if (error.code === 'store_unavailable' || error.code === 'store_full') {
      const { id: requestId, method } = request;
      const { id } = ownFault(log, { requestId, method, path: request.routeOptions.url, err: error });
      return manageRefusals.unavailable(id, error);
    }
    // Another node was faster between the look and the write.
    if (error.code === 'already_exists') return manageRefusals.conflict('It exists already.');
    if (error.code === 'not_found') return new ManageRefusal(404, 'It was removed by somebody else at this moment.', { cause: error });
  }
  return refusalOfFramework(error);
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
