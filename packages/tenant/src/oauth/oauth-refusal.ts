import { TenantError } from '../tenant-error.ts';

/** Error body of the token endpoint (RFC 6749 §5.2; contract §1.4). */
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

/** The errors of contract §1.4, by the number of their row there. */
export const refusals = {
  /** Row 1: unknown client or wrong secret. */
  unauthorized: (): OAuthRefusal => new OAuthRefusal(401, 'access_denied', 'Unauthorized'),
  /** Row 2. Unverified (§9.1): the text. */
  badAssertion: (description: string): OAuthRefusal => new OAuthRefusal(401, 'invalid_client', description),
  /** Row 3. */
  grantTypeNotAllowed: (): OAuthRefusal =>
    new OAuthRefusal(403, 'unauthorized_client', "Grant type 'client_credentials' not allowed for the client.", {
      uri: 'https://auth0.com/docs/clients/client-grant-types',
    }),
  /** Row 4. */
  unknownAudience: (audience: string): OAuthRefusal =>
    new OAuthRefusal(403, 'access_denied', `Service not enabled within domain: ${audience}`),
  /** Row 5. */
  noClientGrant: (clientId: string, audience: string): OAuthRefusal =>
    new OAuthRefusal(
      403,
      'access_denied',
      `Client "${clientId}" is not authorized to access resource server "${audience}". You need to create a "client-grant" associated to this API.`,
    ),
  /** Row 5c. Unverified (§9.2): the text. */
  noStrictClientGrant: (clientId: string, audience: string): OAuthRefusal =>
    new OAuthRefusal(
      403,
      'unauthorized_client',
      `Client "${clientId}" is not authorized to access resource server "${audience}". You need to create a "client-grant" associated to this API.`,
    ),
  /** Row 6. Unverified (§9.6): the separator between several. */
  scopesNotGranted: (scopes: readonly string[]): OAuthRefusal =>
    new OAuthRefusal(403, 'access_denied', `Client has not been granted scopes: ${scopes.join(', ')}`),
  /** Row 7. */
  noAudience: (): OAuthRefusal => new OAuthRefusal(403, 'access_denied', 'Non-global clients are not allowed access to APIv1'),
  /** Row 8. */
  scopeOfWrongType: (): OAuthRefusal => new OAuthRefusal(400, 'invalid_scope', 'Scope must be an array or a string'),
  /** Row 9. Unverified (§9.1) for `grant_type` and `client_id`. */
  missingParameter: (name: string): OAuthRefusal => new OAuthRefusal(400, 'invalid_request', `Missing required parameter: ${name}`),
  /** Row 10. Unverified (§9.1): 400 or the older 501, and the text. */
  unsupportedGrantType: (): OAuthRefusal => new OAuthRefusal(400, 'unsupported_grant_type', 'Grant type not supported'),
  /** Row 11, with the headers of contract §6.2. Unverified (§9.2) for organizations. */
  quotaExceeded: (owner: 'client' | 'organization', headers: Readonly<Record<string, string>>): OAuthRefusal =>
    new OAuthRefusal(429, 'too_many_requests', owner === 'client' ? 'Client quota exceeded' : 'Organization quota exceeded', { headers }),
  /** Row 13. */
  rateLimited: (description: string): OAuthRefusal => new OAuthRefusal(429, 'too_many_requests', description),
  /** Row 17: more tokens are asked for than can be signed, or the store cannot be reached. */
  unavailable: (description: string, cause?: unknown): OAuthRefusal =>
    new OAuthRefusal(503, 'temporarily_unavailable', description, { headers: { 'Retry-After': '1' }, cause }),
  /** Row 16, and §1.1 for GET, which the service does not know at all. */
  wrongMethod: (method: string): OAuthRefusal =>
    method === 'GET' || method === 'HEAD'
      ? new OAuthRefusal(404, 'not_found', 'Not Found')
      : new OAuthRefusal(405, 'method_not_allowed', 'The token endpoint takes POST alone.', { headers: { Allow: 'POST' } }),
  /** §1.6, the grant does not allow organizations. Unverified (§9.2). */
  organizationNotAllowed: (): OAuthRefusal =>
    new OAuthRefusal(400, 'invalid_request', 'parameter organization is not allowed for this client'),
  /** §1.6, the grant requires one and the client has no default. Unverified (§9.2). */
  organizationRequired: (): OAuthRefusal => new OAuthRefusal(400, 'invalid_request', 'parameter organization is required for this client'),
  /** RFC 8707 §2, where `resource` counts. Unverified: what the service says of several. */
  severalResources: (): OAuthRefusal => new OAuthRefusal(400, 'invalid_target', 'Only one resource can be asked for at once.'),
  /** §1.6, the organization is not associated with the grant or does not exist. Unverified (§9.2). */
  organizationNotGranted: (clientId: string, organization: string): OAuthRefusal =>
    new OAuthRefusal(403, 'access_denied', `Client "${clientId}" is not authorized to access organization "${organization}".`),
  /** A request that cannot be read; what the service says here is in no public record. */
  malformed: (description: string, cause?: unknown): OAuthRefusal => new OAuthRefusal(400, 'invalid_request', description, { cause }),
  /** Likewise. The connection ends with it: the rest of the body stands in the way of its next request. */
  tooLarge: (limit: number): OAuthRefusal =>
    new OAuthRefusal(413, 'invalid_request', `The request body is larger than ${limit} bytes.`, { headers: { Connection: 'close' } }),
} as const;
