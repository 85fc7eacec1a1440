import { z } from 'zod';
import { checkpointPaging, offsetPaging, type PagingQuery } from '../paging.ts';
import { metadataOf, type TokenQuota, tokenQuota } from '../schema-pieces.ts';

/** Body of `PATCH /api/v2/organizations/{id}`. */
export interface OrganizationPatch {
  readonly name?: string | undefined;
  readonly display_name?: string | undefined;
  readonly branding?: Readonly<Record<string, unknown>> | undefined;
  readonly metadata?: Readonly<Record<string, string | null>> | undefined;
  readonly token_quota?: TokenQuota | null | undefined;
}

/** Body of `POST /api/v2/organizations`. */
export interface OrganizationCreation extends OrganizationPatch {
  readonly name: string;
  readonly token_quota?: TokenQuota | undefined;
  readonly enabled_connections?: readonly unknown[] | undefined;
}

const name = z
  .string()
  .min(1)
  .max(50)
  .regex(/^[a-z0-9][a-z0-9_-]*$/)
  .describe('The name of this organization.');
const color = z.string().regex(/^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/);
const shared = {
  display_name: z.string().min(1).max(255).optional().describe('Friendly name of this organization.'),
  branding: z
    .strictObject({
      logo_url: z.string().optional(),
      colors: z.strictObject({ primary: color, page_background: color }).optional(),
    })
    .optional(),
  third_party_client_access: z.enum(['block', 'allow']).optional(),
  is_app_entitlement_active: z.boolean().optional(),
};

const mostMetadata = 25;

/** Body of `POST /api/v2/organizations`: as far as grants need organizations, so without connections. */
export const organizationCreation: z.ZodType<OrganizationCreation> = z.strictObject({
  name,
  ...shared,
  metadata: metadataOf(z.string().max(255), mostMetadata).optional(),
  token_quota: tokenQuota.optional(),
  enabled_connections: z
    .array(z.unknown())
    .max(0)
    .optional()
    .describe('Connections that will be enabled for this organization: this tenant has none.'),
});

/** Body of `PATCH /api/v2/organizations/{id}`. */
export const organizationPatch: z.ZodType<OrganizationPatch> = z.strictObject({
  name: name.optional(),
  ...shared,
  metadata: metadataOf(z.string().max(255).nullable(), mostMetadata).optional(),
  token_quota: tokenQuota.nullable().optional(),
});

/** An organization as it is shown. */
export const organizationShown: z.ZodType = z.strictObject({
  id: z.string(),
  name,
  ...shared,
  metadata: metadataOf(z.string(), mostMetadata).optional(),
  token_quota: tokenQuota.optional(),
});

/** Query of `GET /api/v2/organizations`. */
export const organizationListQuery: z.ZodType<PagingQuery & { readonly sort?: string | undefined }> = z.strictObject({
  ...offsetPaging,
  ...checkpointPaging,
  sort: z
    .string()
    .regex(/^(name|display_name|created_at):(1|-1)$/)
    .optional()
    .describe('Field to sort by. Use `field:order` where order is 1 for ascending and -1 for descending.'),
});

/** Which grants of an organization; pages by number alone. */
export interface OrganizationGrantsQuery extends PagingQuery {
  readonly audience?: string | undefined;
  readonly client_id?: string | undefined;
  readonly grant_ids?: readonly string[] | undefined;
}

/** Query of `GET /api/v2/organizations/{id}/client-grants`. */
export const organizationGrantsQuery: z.ZodType<OrganizationGrantsQuery> = z.strictObject({
  ...offsetPaging,
  audience: z.string().optional().describe('Optional filter on audience of the client grant.'),
  client_id: z.string().optional().describe('Optional filter on client_id of the client grant.'),
  grant_ids: z.array(z.string()).max(10).optional().describe('Optional filter on the ID of the client grant.'),
});

/** Body of `POST /api/v2/organizations/{id}/client-grants`. */
export const association: z.ZodType<{ readonly grant_id: string }> = z.strictObject({
  grant_id: z.string().min(1).describe('A Client Grant ID to add to the organization.'),
});
