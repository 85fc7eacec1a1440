import type { FastifyInstance } from 'fastify';
import { identifierOf, type ResourceServer } from '../model/resource-server.ts';
import { guard } from './guard.ts';
import type { ManageParts } from './manage-parts.ts';
import { manageRefusals } from './manage-refusal.ts';
import { pageAnswer, pageRequest } from './paging.ts';
import { queryOf, readQuery } from './read-request.ts';
import { resourceServerListQuery, resourceServerQuery } from './resource-server-schema.ts';

const readScopes = ['read:resource_servers'];

/** Routes of `/resource-servers` (contract §5.4). */
export function addResourceServerRoutes(app: FastifyInstance, parts: ManageParts): void {
  const { domain, index, store, now } = parts;

  app.get('/resource-servers', { onRequest: guard(parts, readScopes) }, async (request, reply) => {
    const query = readQuery(queryOf(request), resourceServerListQuery);
    const ids = query.identifiers?.flatMap((identifier) => index.resourceServer(identifier)?.id ?? []);
    const page = await store.resourceServers({ ids }, pageRequest(query, now()));
    const shown = page.items.map((server) => resourceServerView(server, domain));
    const { body, link } = pageAnswer(page, shown, { query, plural: 'resource_servers', domain, url: request.url, nowMs: now() });
    if (link !== undefined) reply.header('Link', link);
    return reply.send(body);
  });

  app.get<{ Params: { id: string } }>('/resource-servers/:id', { onRequest: guard(parts, readScopes) }, async (request, reply) => {
    readQuery(queryOf(request), resourceServerQuery);
    const { id } = request.params;
    const resourceServer = index.resourceServerById(id) ?? index.resourceServer(id);
    if (resourceServer === undefined) throw manageRefusals.noSuchResourceServer();
    return reply.send(resourceServerView(resourceServer, domain));
  });
}

function resourceServerView(server: ResourceServer, domain: string): object {
  return {
    id: server.id,
    ...(server.name !== undefined && { name: server.name }),
    identifier: identifierOf(server, domain),
    allow_offline_access: false,
    skip_consent_for_verifiable_first_party_clients: false,
    subject_type_authorization: { client: { policy: 'require_client_grant' }, user: { policy: 'allow_all' } },
    token_lifetime: server.tokenLifetimeSeconds,
    token_lifetime_for_web: server.tokenLifetimeForWebSeconds,
    signing_alg: server.signingAlg,
    ...(server.scopes.length > 0 && { scopes: server.scopes }),
    ...(server.isSystem && { is_system: true }),
  };
}
