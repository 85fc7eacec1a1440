import { z } from 'zod';
import { manageRefusals } from '../manage-refusal.ts';
import { type Operation, operation } from '../operation.ts';
import { answerPage, checkpointPaging, defaultPage, type ListCall, offsetPaging, type PageAnswer, type PagingQuery } from '../paging.ts';
import { listOf } from '../schema-pieces.ts';

/** A list of the service that has nothing in it here. */
interface EmptyList {
  readonly id: string;
  /** Below `/api/v2`; one with `{id}` is of an organization. */
  readonly path: string;
  readonly summary: string;
  /** Key of its records. */
  readonly plural: string;
  readonly scope: string;
  /** Whether the service pages it by checkpoint alone, so that it is never a mere array. */
  readonly isByCheckpointAlone?: boolean;
  /** Parameters besides those of both pagings. */
  readonly parameters?: z.ZodRawShape;
}

const lists: readonly EmptyList[] = [
  {
    id: 'get_connections',
    path: '/connections',
    summary: 'Get all connections',
    plural: 'connections',
    scope: 'read:connections',
    parameters: {
      strategy: z.array(z.string()).optional().describe('Provide strategies to only retrieve connections with such strategies.'),
      name: z.string().optional().describe('Provide the name of the connection to retrieve.'),
      fields: z.string().optional().describe('A comma separated list of fields to include or exclude.'),
      include_fields: z.boolean().optional().describe('Whether the fields specified are to be included or excluded.'),
    },
  },
  {
    id: 'get_organization-all-connections',
    path: '/organizations/{id}/connections',
    summary: 'Get all connections of an organization',
    plural: 'connections',
    scope: 'read:organization_connections',
    parameters: { is_enabled: z.boolean().optional().describe('Filter connections by enabled status.') },
  },
  {
    id: 'get_enabled_connections',
    path: '/organizations/{id}/enabled_connections',
    summary: 'Get connections enabled for an organization',
    plural: 'enabled_connections',
    scope: 'read:organization_connections',
  },
  {
    id: 'get_organization_discovery_domains',
    path: '/organizations/{id}/discovery-domains',
    summary: 'Get discovery domains of an organization',
    plural: 'domains',
    scope: 'read:organization_discovery_domains',
    isByCheckpointAlone: true,
  },
  {
    id: 'get_organization_clients',
    path: '/organizations/{id}/clients',
    summary: 'Get clients associated to an organization',
    plural: 'clients',
    scope: 'read:organization_clients',
    isByCheckpointAlone: true,
  },
];

/**
 * Lists that are there and empty: tools read them on their way to organizations and grants, and take a 404 for an organization, or for all of them, that there
 * is not. Nothing can be put into them.
 */
export const emptyListOperations: readonly Operation[] = lists.map(operationOf);

const nothing = () => Promise.resolve({ items: [], total: 0, next: undefined });

function operationOf({ id, path, summary, plural, scope, isByCheckpointAlone = false, parameters }: EmptyList): Operation {
  const isOfOrganization = path.includes('{id}');
  const query: z.ZodType<PagingQuery> = z.strictObject({ ...offsetPaging, ...checkpointPaging, ...parameters });
  const facts = {
    id,
    method: 'GET',
    path,
    summary,
    tag: isOfOrganization ? 'organizations' : 'connections',
    scopes: { anyOf: [scope] },
    query,
    status: 200,
    response: listOf(plural, z.never()),
    differs: 'Always empty: nothing can be put into it.',
  } as const;
  const answer = (call: ListCall): Promise<PageAnswer> => {
    const { take = isByCheckpointAlone ? defaultPage : undefined } = call.query;
    return answerPage({ ...call, query: { ...call.query, take } }, plural, { read: nothing, show: (record) => record });
  };
  if (!isOfOrganization) return operation({ ...facts, handle: answer });
  return operation({
    ...facts,
    pathParameters: z.object({ id: z.string().describe('ID of the organization.') }),
    refusals: { 404: 'There is no such organization.' },
    handle: async (call) => {
      if ((await call.parts.store.organization(call.path.id)) === undefined) throw manageRefusals.noSuchOrganization();
      return await answer(call);
    },
  });
}
