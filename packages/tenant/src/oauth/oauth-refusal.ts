import { TenantError } from '../tenant-error.ts';

/** Error body of the token endpoint (RFC 6749 §5.2). */
export interface OAuthErrorBody {
  readonly error: string;
  readonly error_description: string;
  readonly error_uri?: string;
}

/** A refused token request, with everything that its answer consists of. */
export class OAuthRefusal extends TenantError {
  readonly status: number;
  /** Headers of this answer beside those that every error has. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: OAuthErrorBody;

  constructor(
    status: number,
    error: string,
    description: string,
    options: { uri?: string; headers?: Readonly<Record<string, string>>; cause?: unknown } = {},
  ) {
    super('request_refused', { problem: `${error}: ${description}`, cause: options.cause });
    this.status = status;
    this.headers = options.headers ?? {};
    this.body = { error, error_description: description, ...(options.uri !== undefined && { error_uri: options.uri }) };
  }
}

/** The errors of the token endpoint. Status, code and text are what Auth0 answers, except where it is said otherwise. */
export const refusals = {
  /** Unknown client or wrong secret. Auth0's documentation says `invalid_client`, the service answers this. */
  unauthorized: (): OAuthRefusal => new OAuthRefusal(401, 'access_denied', 'Unauthorized'),
  /** A wrong assertion. Status and code are Auth0's, the text is ours. */
  badAssertion: (description: string): OAuthRefusal => new OAuthRefusal(401, 'invalid_client', description),
  /** The client may not use the grant. */
  grantTypeNotAllowed: (): OAuthRefusal =>
    new OAuthRefusal(403, 'unauthorized_client', "Grant type 'client_credentials' not allowed for the client.", {
      uri: 'https://auth0.com/docs/clients/client-grant-types',
    }),
  /** No API has this audience. */
  unknownAudience: (audience: string): OAuthRefusal =>
    new OAuthRefusal(403, 'access_denied', `Service not enabled within domain: ${audience}`),
  /** The client has no grant for the API. */
  noClientGrant: (clientId: string, audience: string): OAuthRefusal =>
    new OAuthRefusal(
      403,
      'access_denied',
      `Client "${clientId}" is not authorized to access resource server "${audience}". You need to create a "client-grant" associated to this API.`,
    ),
  /** The same for a third-party client in strict mode. Auth0 documents the code; not seen on Auth0 itself: the status and the text are ours. */
  noStrictClientGrant: (clientId: string, audience: string): OAuthRefusal =>
    new OAuthRefusal(
      403,
      'unauthorized_client',
      `Client "${clientId}" is not authorized to access resource server "${audience}". You need to create a "client-grant" associated to this API.`,
    ),
  /** Scopes beyond the grant. Not seen on Auth0 itself: several of them, so the comma between them is ours. */
  scopesNotGranted: (scopes: readonly string[]): OAuthRefusal =>
    new OAuthRefusal(403, 'access_denied', `Client has not been granted scopes: ${scopes.join(', ')}`),
  /** No audience, and no default for it. */
  noAudience: (): OAuthRefusal => new OAuthRefusal(403, 'access_denied', 'Non-global clients are not allowed access to APIv1'),
  /** A `scope` that is neither text nor array; the text is that of Auth0's documentation. */
  scopeOfWrongType: (): OAuthRefusal => new OAuthRefusal(400, 'invalid_scope', 'Scope must be an array or a string'),
  /** The pattern is that of Auth0's documentation; not seen on Auth0 itself for `grant_type` and `client_id`. */
  missingParameter: (name: string): OAuthRefusal => new OAuthRefusal(400, 'invalid_request', `Missing required parameter: ${name}`),
  /** As Auth0's documentation has it (its oldest pages with 501); not seen on Auth0 itself. */
  unsupportedGrantType: (): OAuthRefusal => new OAuthRefusal(400, 'unsupported_grant_type', 'Grant type not supported'),
  /** As Auth0's documentation of token quotas has it. It has no text for organizations: that one is ours. */
  quotaExceeded: (owner: 'client' | 'organization', headers: Readonly<Record<string, string>>): OAuthRefusal =>
    new OAuthRefusal(429, 'too_many_requests', owner === 'client' ? 'Client quota exceeded' : 'Organization quota exceeded', { headers }),
  /** A rate limit of the tenant is used up. */
  rateLimited: (description: string): OAuthRefusal => new OAuthRefusal(429, 'too_many_requests', description),
  /** More tokens are asked for than can be signed, or the store cannot be reached. The code is Auth0's, the texts are ours. */
  unavailable: (description: string, cause?: unknown): OAuthRefusal =>
    new OAuthRefusal(503, 'temporarily_unavailable', description, { headers: { 'Retry-After': '1' }, cause }),
  /** Auth0 answers GET with 404; 405 is from its documentation, the text of it is ours. */
  wrongMethod: (method: string): OAuthRefusal =>
    method === 'GET' || method === 'HEAD'
      ? new OAuthRefusal(404, 'not_found', 'Not Found')
      : new OAuthRefusal(405, 'method_not_allowed', 'The token endpoint takes POST alone.', { headers: { Allow: 'POST' } }),
  /** The grant does not allow organizations. Auth0 says so in flows with people; not seen on Auth0 itself for machines. */
  organizationNotAllowed: (): OAuthRefusal =>
    new OAuthRefusal(400, 'invalid_request', 'parameter organization is not allowed for this client'),
  /** The grant requires an organization and the client has no default. Auth0 says so in flows with people; not seen on Auth0 itself for machines. */
  organizationRequired: (): OAuthRefusal => new OAuthRefusal(400, 'invalid_request', 'parameter organization is required for this client'),
  /** RFC 8707 §2, where `resource` counts. Auth0 documents no answer to several: the text is ours. */
  severalResources: (): OAuthRefusal => new OAuthRefusal(400, 'invalid_target', 'Only one resource can be asked for at once.'),
  /** The organization is not associated with the grant or does not exist. Not seen on Auth0 itself: the answer is ours. */
  organizationNotGranted: (clientId: string, organization: string): OAuthRefusal =>
    new OAuthRefusal(403, 'access_denied', `Client "${clientId}" is not authorized to access organization "${organization}".`),
  /** A request that cannot be read; what the service says here is in no public record. */
  malformed: (description: string, cause?: unknown): OAuthRefusal => new OAuthRefusal(400, 'invalid_request', description, { cause }),
  /** Likewise. The connection ends with it: the rest of the body stands in the way of its next request. */
  tooLarge: (limit: number): OAuthRefusal =>
    new OAuthRefusal(413, 'invalid_request', `The request body is larger than ${limit} bytes.`, { headers: { Connection: 'close' } }),
} as const;
