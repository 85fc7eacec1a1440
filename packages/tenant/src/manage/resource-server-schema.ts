import { z } from 'zod';
import { offsetPaging, type PagingQuery } from './paging.ts';

const includeFields = {
  include_fields: z.boolean().optional().describe('Whether specified fields are to be included (true) or excluded (false).'),
};

/** What `GET /api/v2/resource-servers` can be asked. */
export interface ResourceServerListQuery extends PagingQuery {
  readonly include_fields?: boolean | undefined;
  readonly identifiers?: readonly string[] | undefined;
}

/** Query of `GET /api/v2/resource-servers` (contract §5.4): no checkpoint paging. */
export const resourceServerListQuery: z.ZodType<ResourceServerListQuery> = z.strictObject({
  ...offsetPaging,
  ...includeFields,
  identifiers: z.array(z.string()).max(10).optional().describe('An optional filter on the resource server identifier.'),
});

/** Query of `GET /api/v2/resource-servers/{id}`. */
export const resourceServerQuery: z.ZodType<{ readonly include_fields?: boolean | undefined }> = z.strictObject(includeFields);
