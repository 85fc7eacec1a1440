import { z } from 'zod';
import { checkpointPaging, offsetPaging, type PagingQuery } from './paging.ts';

/** What `GET /api/v2/client-grants` can be asked. */
export interface ClientGrantListQuery extends PagingQuery {
  readonly audience?: string | undefined;
  readonly client_id?: string | undefined;
  readonly allow_any_organization?: boolean | undefined;
  readonly subject_type?: 'client' | 'user' | undefined;
  readonly default_for?: 'third_party_clients' | undefined;
}

/** Query of `GET /api/v2/client-grants` (contract §5.3). */
export const clientGrantListQuery: z.ZodType<ClientGrantListQuery> = z.strictObject({
  ...offsetPaging,
  ...checkpointPaging,
  audience: z.string().optional().describe('Optional filter on audience.'),
  client_id: z.string().optional().describe('Optional filter on client_id.'),
  allow_any_organization: z.boolean().optional().describe('Optional filter on allow_any_organization.'),
  subject_type: z.enum(['client', 'user']).optional().describe('The type of application access the client grant allows.'),
  default_for: z
    .enum(['third_party_clients'])
    .optional()
    .describe('Applies this client grant as the default for all clients in the specified group.'),
});
