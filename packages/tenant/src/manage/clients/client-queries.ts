import { z } from 'zod';
import type { ApplicationFilter } from '../../store/tenant-store.ts';
import { type FieldQuery, fieldSelection } from '../field-selection.ts';
import { manageRefusals } from '../manage-refusal.ts';
import { checkpointPaging, isByCheckpoint, offsetPaging, type PagingQuery } from '../paging.ts';

/** Query of `GET /api/v2/clients/{id}`. */
export const clientQuery: z.ZodType<FieldQuery> = z.strictObject(fieldSelection);

/** What `GET /api/v2/clients` can be asked. */
export interface ClientListQuery extends FieldQuery, PagingQuery {
  readonly is_global?: boolean | undefined;
  readonly is_first_party?: boolean | undefined;
  readonly app_type?: string | undefined;
  readonly external_client_id?: string | undefined;
  readonly q?: string | undefined;
}

/** Query of `GET /api/v2/clients`. */
export const clientListQuery: z.ZodType<ClientListQuery> = z.strictObject({
  ...fieldSelection,
  ...offsetPaging,
  ...checkpointPaging,
  is_global: z.boolean().optional().describe('Optional filter on the global client parameter.'),
  is_first_party: z.boolean().optional().describe('Optional filter on whether or not a client is a first-party client.'),
  app_type: z.string().optional().describe('Optional filter by a comma-separated list of application types.'),
  external_client_id: z
    .string()
    .min(1)
    .max(120)
    .optional()
    .describe('Optional filter by the Client ID Metadata Document URI for CIMD-registered clients.'),
  q: z.string().optional().describe('Advanced Query in Lucene syntax.'),
});

/** Which clients `query` asks for. Throws {@link ManageRefusal} for a `q` that is not one of the two forms there are. */
export function clientFilter(query: ClientListQuery): ApplicationFilter {
  if (query.q !== undefined) return searchFilter(query.q, query);
  // Clients that come out of metadata documents are not served: there is none of any type.
  if (query.external_client_id !== undefined) return { appTypes: [] };
  return { isGlobal: query.is_global, isFirstParty: query.is_first_party, appTypes: query.app_type?.split(',') };
}

// The forms are those of Auth0's documentation; the texts that refuse others are ours.
function searchFilter(q: string, query: ClientListQuery): ApplicationFilter {
  const others = [query.is_global, query.is_first_party, query.app_type, query.external_client_id];
  if (others.some((filter) => filter !== undefined)) {
    throw manageRefusals.invalidQuery("Query validation error: 'The q parameter cannot be combined with other filters'");
  }
  if (!isByCheckpoint(query)) {
    throw manageRefusals.invalidQuery("Query validation error: 'The q parameter needs checkpoint pagination: give take'");
  }
  const [, organizationId] = /^\s*client_grant\.organization_id:\s*"?([\w-]+)"?\s*$/.exec(q) ?? [];
  if (organizationId !== undefined) return { organizationId };
  if (/^\s*client_grant\.allow_any_organization:\s*true\s*$/.test(q)) return { allowAnyOrganization: true };
  throw manageRefusals.invalidQuery(
    "Query validation error: 'The q parameter must be client_grant.organization_id:<id> or client_grant.allow_any_organization:true' on property q (Advanced Query in Lucene syntax.).",
  );
}
