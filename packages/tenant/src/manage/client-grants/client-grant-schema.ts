import { z } from 'zod';
import { checkpointPaging, offsetPaging, type PagingQuery } from '../paging.ts';

/** Body of `POST /api/v2/client-grants`. */
export interface ClientGrantCreation {
  readonly client_id?: string | undefined;
  readonly default_for?: 'third_party_clients' | undefined;
  readonly audience: string;
  readonly scope?: readonly string[] | undefined;
  readonly allow_all_scopes?: boolean | undefined;
  readonly subject_type?: 'client' | 'user' | undefined;
  readonly organization_usage?: 'deny' | 'allow' | 'require' | undefined;
  readonly allow_any_organization?: boolean | undefined;
  readonly authorization_details_types?: readonly string[] | undefined;
}

/** Body of `PATCH /api/v2/client-grants/{id}`; null unsets. */
export interface ClientGrantPatch {
  readonly scope?: readonly string[] | null | undefined;
  readonly allow_all_scopes?: boolean | null | undefined;
  readonly organization_usage?: 'deny' | 'allow' | 'require' | null | undefined;
  readonly allow_any_organization?: boolean | null | undefined;
  readonly authorization_details_types?: readonly string[] | undefined;
}

/** A client grant as it is shown. */
export interface ShownClientGrant {
  readonly id: string;
  readonly client_id?: string | undefined;
  readonly audience: string;
  readonly scope: readonly string[];
  readonly allow_all_scopes?: boolean | undefined;
  readonly organization_usage?: 'deny' | 'allow' | 'require' | undefined;
  readonly is_system?: true | undefined;
  readonly subject_type: 'client' | 'user';
}

const scope = z.array(z.string().min(1).max(280)).describe('Scopes allowed for this client grant.');
const organizationUsage = z
  .enum(['deny', 'allow', 'require'])
  .describe('Defines whether organizations can be used with client credentials exchanges for this grant.');
const anyOrganization = z.boolean().describe('If enabled, any organization can be used with this grant.');
const allScopes = z.boolean().describe('If enabled, all scopes configured on the resource server are allowed for this grant.');
const detailTypes = z.array(z.string().min(1).max(255)).describe('Types of authorization_details allowed for this client grant.');
const subjectType = z.enum(['client', 'user']).describe('The type of application access the client grant allows.');
const clientId = z.string().min(1).describe('ID of the client.');
const defaultFor = z
  .enum(['third_party_clients'])
  .describe('Applies this client grant as the default for all clients in the specified group.');
const audience = z.string().min(1).describe('The audience (API identifier) of this client grant.');

/** Body of `POST /api/v2/client-grants`. */
export const clientGrantCreation: z.ZodType<ClientGrantCreation> = z.strictObject({
  client_id: clientId.optional(),
  default_for: defaultFor.optional(),
  audience,
  scope: scope.optional(),
  allow_all_scopes: allScopes.optional(),
  subject_type: subjectType.optional(),
  organization_usage: organizationUsage.optional(),
  allow_any_organization: anyOrganization.optional(),
  authorization_details_types: detailTypes.optional(),
});

/** Body of `PATCH /api/v2/client-grants/{id}`. */
export const clientGrantPatch: z.ZodType<ClientGrantPatch> = z.strictObject({
  scope: scope.nullable().optional(),
  allow_all_scopes: allScopes.nullable().optional(),
  organization_usage: organizationUsage.nullable().optional(),
  allow_any_organization: anyOrganization.nullable().optional(),
  authorization_details_types: detailTypes.optional(),
});

const shown = {
  id: z.string(),
  client_id: clientId.optional(),
  default_for: defaultFor.optional(),
  audience,
  scope,
  allow_all_scopes: allScopes.optional(),
  organization_usage: organizationUsage.optional(),
  allow_any_organization: anyOrganization.optional(),
  authorization_details_types: detailTypes.optional(),
  is_system: z.literal(true).optional(),
  subject_type: subjectType,
};

/** A client grant as it is shown. */
export const clientGrantShown: z.ZodType<ShownClientGrant> = z.strictObject(shown);

/** A client grant as the answer that associates it with an organization shows it. */
export const associatedGrantShown: z.ZodType = z.strictObject({
  ...shown,
  id: z.undefined().optional(),
  grant_id: z.string(),
  subject_type: z.undefined().optional(),
});

/** What `GET /api/v2/client-grants` can be asked. */
export interface ClientGrantListQuery extends PagingQuery {
  readonly audience?: string | undefined;
  readonly client_id?: string | undefined;
  readonly allow_any_organization?: boolean | undefined;
  readonly subject_type?: 'client' | 'user' | undefined;
  readonly default_for?: 'third_party_clients' | undefined;
}

/** Query of `GET /api/v2/client-grants`. */
export const clientGrantListQuery: z.ZodType<ClientGrantListQuery> = z.strictObject({
  ...offsetPaging,
  ...checkpointPaging,
  audience: z.string().optional().describe('Optional filter on audience.'),
  client_id: z.string().optional().describe('Optional filter on client_id.'),
  allow_any_organization: z.boolean().optional().describe('Optional filter on allow_any_organization.'),
  subject_type: subjectType.optional(),
  default_for: defaultFor.optional(),
});
