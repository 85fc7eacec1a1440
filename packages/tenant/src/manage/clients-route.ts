import type { FastifyInstance } from 'fastify';
import { grantTypes, isPublic } from '../model/application.ts';
import { newApplication } from '../model/new-application.ts';
import { clientCreation, clientListQuery, clientQuery } from './client-schema.ts';
import { type ClientView, clientReadScopes, clientView, fieldCut, visibleTo } from './client-view.ts';
import { bearerOf, guard } from './guard.ts';
import type { ManageParts } from './manage-parts.ts';
import { manageRefusals } from './manage-refusal.ts';
import { pageAnswer, pageRequest } from './paging.ts';
import { queryOf, readBody, readQuery } from './read-request.ts';

/** Routes of `/clients` (contract §5.1, §7). */
export function addClientRoutes(app: FastifyInstance, parts: ManageParts): void {
  const { domain, index, store, now, log } = parts;
  const tenant = domain.split(/[.:]/)[0] ?? domain;
  const certificate = (): ReturnType<typeof index.currentKey>['certificate'] => index.currentKey().certificate;

  app.get('/clients', { onRequest: guard(parts, clientReadScopes) }, async (request, reply) => {
    const query = readQuery(queryOf(request), clientListQuery);
    const cut = fieldCut(bearerOf(request), query);
    const filter = { isGlobal: query.is_global, isFirstParty: query.is_first_party, appTypes: query.app_type?.split(',') };
    const page = await store.applications(filter, pageRequest(query, now()));
    const shown = page.items.map((application) => cut(visibleTo(bearerOf(request), clientView(application, tenant, certificate()))));
    const { body, link } = pageAnswer(page, shown, { query, plural: 'clients', domain, url: request.url, nowMs: now() });
    if (link !== undefined) reply.header('Link', link);
    return reply.send(body);
  });

  app.get<{ Params: { id: string } }>('/clients/:id', { onRequest: guard(parts, clientReadScopes) }, async (request, reply) => {
    const cut = fieldCut(bearerOf(request), readQuery(queryOf(request), clientQuery));
    const application = await store.application(request.params.id);
    if (application === undefined) throw manageRefusals.noSuchClient();
    return reply.send(cut(visibleTo(bearerOf(request), clientView(application, tenant, certificate()))));
  });

  app.post('/clients', { onRequest: guard(parts, ['create:clients']) }, async (request, reply) => {
    const given = readBody(request.headers['content-type'], request.body as Buffer, clientCreation);
    const application = newApplication(given);
    refuseBadGrantTypes(application.properties);
    await store.insert({ applications: [application] });
    log.info({
      event: 'manage.write',
      operation: 'create client',
      client_id: application.clientId,
      by: bearerOf(request).clientId,
      request_id: request.id,
    });
    // Unverified (§9.11): the creator sees the secret without read:client_keys, as it is shown nowhere else to a mere creator.
    const view: ClientView = { ...clientView(application, tenant, certificate()), encrypted: true };
    return reply.code(201).send(view);
  });
}

function refuseBadGrantTypes(properties: Parameters<typeof isPublic>[0]): void {
  const wrong = (properties.grant_types ?? []).filter(
    (grantType) => !grantTypes.includes(grantType) || (isPublic(properties) && grantType === 'client_credentials'),
  );
  if (wrong.length > 0) throw manageRefusals.invalidBody(`Invalid grant types: ${wrong.join(', ')}`);
}
