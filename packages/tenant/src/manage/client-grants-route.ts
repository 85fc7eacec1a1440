import type { FastifyInstance } from 'fastify';
import type { ClientGrant } from '../model/client-grant.ts';
import type { Page, PageRequest } from '../store/tenant-store.ts';
import { clientGrantListQuery } from './client-grant-schema.ts';
import { guard } from './guard.ts';
import type { ManageParts } from './manage-parts.ts';
import { pageAnswer, pageRequest } from './paging.ts';
import { queryOf, readQuery } from './read-request.ts';

const none: Page<ClientGrant> = { items: [], total: 0, next: undefined };

/** Routes of `/client-grants` (contract §5.3). */
export function addClientGrantRoutes(app: FastifyInstance, parts: ManageParts): void {
  const { domain, index, store, now } = parts;

  const find = async (
    query: { audience?: string | undefined; client_id?: string | undefined },
    request: PageRequest,
  ): Promise<Page<ClientGrant>> => {
    const resourceServer = query.audience === undefined ? undefined : index.resourceServer(query.audience);
    if (query.audience !== undefined && resourceServer === undefined) return none;
    return await store.clientGrants({ clientId: query.client_id, resourceServerId: resourceServer?.id }, request);
  };

  const view = ({ id, clientId, resourceServerId, scope, subjectType }: ClientGrant): object => ({
    id,
    client_id: clientId,
    audience: index.resourceServerById(resourceServerId)?.identifier,
    scope,
    subject_type: subjectType,
  });

  app.get('/client-grants', { onRequest: guard(parts, ['read:client_grants']) }, async (request, reply) => {
    const query = readQuery(queryOf(request), clientGrantListQuery);
    // All grants are a client's own: none is for users, for any organization, or for third parties by default.
    const asksForOthers = query.subject_type === 'user' || query.allow_any_organization === true || query.default_for !== undefined;
    const wanted = pageRequest(query, now());
    const page = asksForOthers ? none : await find(query, wanted);
    const { body, link } = pageAnswer(page, page.items.map(view), {
      query,
      plural: 'client_grants',
      domain,
      url: request.url,
      nowMs: now(),
    });
    if (link !== undefined) reply.header('Link', link);
    return reply.send(body);
  });
}
