import { z } from 'zod';
import { maxTokenLifetimeSeconds } from '../../model/resource-server.ts';
import { fieldSelection } from '../field-selection.ts';
import { offsetPaging, type PagingQuery } from '../paging.ts';
import { uniqueItems } from '../schema-pieces.ts';

/** What creation and change of an API both read; null removes. */
export interface ResourceServerPatch {
  readonly name?: string | undefined;
  readonly scopes?: readonly { readonly value: string; readonly description?: string | undefined }[] | undefined;
  readonly signing_alg?: 'HS256' | 'RS256' | 'RS512' | 'PS256' | undefined;
  readonly signing_secret?: string | undefined;
  readonly token_lifetime?: number | undefined;
  readonly token_lifetime_for_web?: number | undefined;
  readonly token_dialect?: 'access_token' | 'access_token_authz' | 'rfc9068_profile' | 'rfc9068_profile_authz' | undefined;
  readonly subject_type_authorization?:
    | {
        readonly user?: { readonly policy: 'allow_all' | 'deny_all' | 'require_client_grant' } | undefined;
        readonly client?: { readonly policy: 'deny_all' | 'require_client_grant' } | undefined;
      }
    | undefined;
  readonly token_encryption?: unknown;
  readonly proof_of_possession?: { readonly required?: boolean | undefined } | null | undefined;
  readonly [property: string]: unknown;
}

/** Body of `POST /api/v2/resource-servers`. */
export interface ResourceServerCreation extends ResourceServerPatch {
  readonly identifier: string;
}

/** An API as it is shown. */
export interface ShownResourceServer extends ResourceServerPatch {
  readonly id?: string | undefined;
  readonly identifier?: string | undefined;
  readonly is_system?: true | undefined;
}

const flag = z.boolean().optional();
const lifetime = z.int().min(0).max(maxTokenLifetimeSeconds).optional();
const opaque = z.record(z.string(), z.unknown());

const scope = z.strictObject({
  value: z.string().min(1).max(280).describe('Value of this scope.'),
  description: z.string().max(500).optional().describe('User-friendly description of this scope.'),
});
// One value twice would be one permission with two descriptions.
const scopes = uniqueItems(z.array(scope).max(1_000), ({ value }) => value).describe('List of permissions (scopes) that this API uses.');

const identifier = z
  .string()
  .min(1)
  .max(600)
  .describe('Unique identifier for the API used as the audience parameter on authorization calls. Can not be changed once set.');

const shared = {
  name: z
    .string()
    .max(200)
    .regex(/^[^<>]+$/)
    .optional()
    .describe('Friendly name for this resource server. Can not contain `<` or `>` characters.'),
  scopes: scopes.optional(),
  signing_alg: z.enum(['HS256', 'RS256', 'RS512', 'PS256']).optional().describe('Algorithm used to sign JWTs.'),
  signing_secret: z.string().min(16).optional().describe('Secret used to sign tokens when using symmetric algorithms (HS256).'),
  token_lifetime: lifetime.describe('Expiration value (in seconds) for access tokens issued for this API from the token endpoint.'),
  token_lifetime_for_web: lifetime.describe(
    'Expiration value (in seconds) for access tokens issued for this API via implicit or hybrid flows.',
  ),
  token_lifetime_for_anonymous_access_tokens: lifetime.nullable(),
  token_dialect: z
    .enum(['access_token', 'access_token_authz', 'rfc9068_profile', 'rfc9068_profile_authz'])
    .optional()
    .describe('Dialect of issued access tokens.'),
  enforce_policies: flag.describe('Whether authorization policies are enforced (true) or not enforced (false).'),
  allow_offline_access: flag.describe('Whether refresh tokens can be issued for this API (true) or not (false).'),
  allow_online_access: flag,
  allow_online_access_with_ephemeral_sessions: flag,
  skip_consent_for_verifiable_first_party_clients: flag.describe(
    'Whether to skip user consent for applications flagged as first party (true) or not (false).',
  ),
  subject_type_authorization: z
    .strictObject({
      user: z.strictObject({ policy: z.enum(['allow_all', 'deny_all', 'require_client_grant']) }).optional(),
      client: z.strictObject({ policy: z.enum(['deny_all', 'require_client_grant']) }).optional(),
    })
    .optional()
    .describe('Defines application access permission for a resource server'),
  agent_subject_claims: z.enum(['auth0-v1']).nullable().optional(),
  token_encryption: opaque.nullable().optional(),
  consent_policy: z.enum(['transactional-authorization-with-mfa']).nullable().optional(),
  authorization_details: z.array(z.unknown()).nullable().optional(),
  proof_of_possession: z
    .strictObject({
      mechanism: z.enum(['mtls', 'dpop']),
      required: z.boolean(),
      required_for: z.enum(['public_clients', 'all_clients']).optional(),
    })
    .nullable()
    .optional(),
  authorization_policy: opaque.nullable().optional(),
};

/** Body of `POST /api/v2/resource-servers`. */
export const resourceServerCreation: z.ZodType<ResourceServerCreation> = z.strictObject({ identifier, ...shared });

/** Body of `PATCH /api/v2/resource-servers/{id}`. */
export const resourceServerPatch: z.ZodType<ResourceServerPatch> = z.strictObject(shared);

/** An API as it is shown. */
export const resourceServerShown: z.ZodType<ShownResourceServer> = z.strictObject({
  ...shared,
  id: z.string().optional(),
  identifier: identifier.optional(),
  is_system: z.literal(true).optional(),
});

const includeFields = { include_fields: fieldSelection.include_fields };

/** What `GET /api/v2/resource-servers` can be asked. */
export interface ResourceServerListQuery extends PagingQuery {
  readonly include_fields?: boolean | undefined;
  readonly identifiers?: readonly string[] | undefined;
}

/** Query of `GET /api/v2/resource-servers`: no checkpoint paging. */
export const resourceServerListQuery: z.ZodType<ResourceServerListQuery> = z.strictObject({
  ...offsetPaging,
  ...includeFields,
  identifiers: z.array(z.string()).max(10).optional().describe('An optional filter on the resource server identifier.'),
});

/** Query of `GET /api/v2/resource-servers/{id}`. */
export const resourceServerQuery: z.ZodType<{ readonly include_fields?: boolean | undefined }> = z.strictObject(includeFields);
