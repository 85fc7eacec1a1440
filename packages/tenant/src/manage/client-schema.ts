import { z } from 'zod';
import type { GivenApplication } from '../model/new-application.ts';
import type { FieldQuery } from './client-view.ts';
import { checkpointPaging, offsetPaging, type PagingQuery } from './paging.ts';

const text = z.string();
const list = z.array(text).optional();
const flag = z.boolean().optional();
/** Settings of flows that the tenant does not run: kept and shown as given. */
const settings = z.record(text, z.unknown()).optional();

/** Values of `app_type` (contract §5.1). */
const appTypes = [
  ...['native', 'spa', 'regular_web', 'non_interactive', 'resource_server', 'express_configuration', 'rms', 'box', 'cloudbees', 'concur'],
  ...['dropbox', 'mscrm', 'echosign', 'egnyte', 'newrelic', 'office365', 'salesforce', 'sentry', 'sharepoint', 'slack', 'springcm'],
  ...['zendesk', 'zoom', 'sso_integration', 'oag'],
];

const metadata = z
  .record(text, z.string().max(255))
  .superRefine((value, context) => {
    const keys = Object.keys(value);
    if (keys.length > 10) context.addIssue({ code: 'custom', message: `Too many properties defined (${keys.length}), maximum 10` });
    const long = keys.find((key) => key.length > 255);
    if (long !== undefined) context.addIssue({ code: 'custom', message: `String is too long (${long.length} chars), maximum 255` });
  })
  .optional();

/** Body of `POST /api/v2/clients` as far as the tenant keeps what it says: a property that would change a token and is not served yet is refused. */
export const clientCreation: z.ZodType<GivenApplication> = z.strictObject({
  name: z
    .string()
    .min(1)
    .regex(/^[^<>]+$/)
    .describe('Name of this client (min length: 1 character, does not allow `<` or `>`).'),
  description: z.string().max(140).optional().describe('Free text description of this client (max length: 140 characters).'),
  app_type: z.enum(appTypes).optional().describe('The type of application this client represents'),
  grant_types: list.describe('List of grant types supported for this application.'),
  token_endpoint_auth_method: z
    .enum(['none', 'client_secret_post', 'client_secret_basic'])
    .optional()
    .describe('Defines the requested authentication method for the token endpoint.'),
  client_secret: z.string().min(1).optional().describe('The secret used to sign tokens for the client'),
  is_first_party: flag.describe('Whether this client a first party client or not'),
  oidc_conformant: flag.describe('Whether this client conforms to strict OIDC specifications (true) or uses legacy features (false).'),
  is_token_endpoint_ip_header_trusted: flag,
  jwt_configuration: z
    .strictObject({
      lifetime_in_seconds: z.int().min(0).max(2_592_000).optional(),
      secret_encoded: flag,
      scopes: settings,
      alg: z.enum(['HS256', 'RS256', 'RS512', 'PS256']).optional(),
    })
    .optional(),
  client_metadata: metadata,
  organization_usage: z.enum(['deny', 'allow', 'require']).optional(),
  organization_require_behavior: z.enum(['no_prompt', 'pre_login_prompt', 'post_login_prompt']).optional(),
  logo_uri: text.optional(),
  initiate_login_uri: text.optional(),
  callbacks: list,
  allowed_origins: list,
  web_origins: list,
  client_aliases: list,
  allowed_clients: list,
  allowed_logout_urls: list,
  sso: flag,
  sso_disabled: flag,
  cross_origin_authentication: flag,
  cross_origin_loc: text.optional(),
  custom_login_page_on: flag,
  custom_login_page: text.optional(),
  custom_login_page_preview: text.optional(),
  form_template: text.optional(),
  encryption_key: settings,
  addons: settings,
  mobile: settings,
  native_social_login: settings,
  refresh_token: settings,
  oidc_logout: settings,
  session_transfer: settings,
});

/** Query parameters that choose fields (contract §4.7). */
const fieldSelection = {
  fields: z
    .string()
    .optional()
    .describe('Comma-separated list of fields to include or exclude (based on value provided for include_fields) in the result.'),
  include_fields: flag.describe('Whether specified fields are to be included (true) or excluded (false).'),
};

/** Query of `GET /api/v2/clients/{id}`. */
export const clientQuery: z.ZodType<FieldQuery> = z.strictObject(fieldSelection);

/** What `GET /api/v2/clients` can be asked. */
export interface ClientListQuery extends FieldQuery, PagingQuery {
  readonly is_global?: boolean | undefined;
  readonly is_first_party?: boolean | undefined;
  readonly app_type?: string | undefined;
}

/** Query of `GET /api/v2/clients` (contract §7.2) without what needs organizations. */
export const clientListQuery: z.ZodType<ClientListQuery> = z.strictObject({
  ...fieldSelection,
  ...offsetPaging,
  ...checkpointPaging,
  is_global: flag.describe('Optional filter on the global client parameter.'),
  is_first_party: flag.describe('Optional filter on whether or not a client is a first-party client.'),
  app_type: z.string().optional().describe('Optional filter by a comma-separated list of application types.'),
});
