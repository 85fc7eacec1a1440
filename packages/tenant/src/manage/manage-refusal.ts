import { STATUS_CODES } from 'node:http';
import { TenantError } from '../tenant-error.ts';
import { isAbsentEndpoint } from './auth0-endpoints.ts';

/** Error body of the Management API. */
export interface ManageErrorBody {
  readonly statusCode: number;
  /** Reason phrase of the status. */
  readonly error: string;
  readonly message: string;
  readonly errorCode?: string;
  readonly attributes?: { readonly error: string };
  readonly errorId?: string;
}

/** What a {@link ManageRefusal} may have beside status and message. */
export interface RefusalFacts {
  readonly errorCode?: string;
  readonly attributes?: { readonly error: string };
  readonly errorId?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

// What a caller sent may stand in a message, and need not be short.
const longestMessage = 1_000;

/** A request that the Management API refuses: the answer, whole. */
export class ManageRefusal extends TenantError {
  readonly status: number;
  readonly body: ManageErrorBody;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, text: string, { headers = {}, cause, ...facts }: RefusalFacts = {}) {
    const message = text.length > longestMessage ? `${text.slice(0, longestMessage)}…` : text;
    super('request_refused', { problem: message, cause });
    this.status = status;
    this.headers = headers;
    this.body = { statusCode: status, error: STATUS_CODES[status] ?? 'Error', message, ...facts };
  }
}

// As Auth0 answers. The scheme of the challenge is Token once there is a token to speak of.
const badToken = (message: string): ManageRefusal =>
  new ManageRefusal(401, message, {
    attributes: { error: message },
    headers: { 'WWW-Authenticate': `Token error="${message.replaceAll(/[^\x20-\x7e]|["\\]/g, ' ')}"` },
  });

/** The errors that no single resource owns: Auth0's, except where it is said otherwise. */
export const manageRefusals = {
  missingAuthentication: (): ManageRefusal =>
    new ManageRefusal(401, 'Missing authentication', { headers: { 'WWW-Authenticate': 'Bearer' } }),
  malformedBearer: (): ManageRefusal => new ManageRefusal(400, 'Bad HTTP authentication header format', { errorCode: 'Bearer' }),
  invalidToken: (): ManageRefusal => badToken('Invalid token'),
  expiredToken: (): ManageRefusal => badToken('Expired token received for JSON Web Token validation'),
  invalidSignature: (): ManageRefusal => badToken('Invalid signature received for JSON Web Token validation'),
  badAudience: (audience: string): ManageRefusal => badToken(`Bad audience: ${audience}`),
  notGlobal: (): ManageRefusal => badToken('Client is not global.'),
  insufficientScope: (anyOf: readonly string[]): ManageRefusal =>
    new ManageRefusal(403, `Insufficient scope, expected any of: ${anyOf.join(',')}`, { errorCode: 'insufficient_scope' }),
  insufficientScopes: (allOf: readonly string[]): ManageRefusal =>
    new ManageRefusal(403, `Insufficient scope, expected all of: ${allOf.join(',')}`, { errorCode: 'insufficient_scope' }),
  /** The text is that of Auth0's specification; neither it nor the code was seen on Auth0 itself. */
  hiddenFields: (): ManageRefusal =>
    new ManageRefusal(403, 'Some fields cannot be read with the permissions granted by the bearer token scopes', {
      errorCode: 'insufficient_scope',
    }),
  /** What the service sells and this tenant does not have. The code is one of Auth0's, the text is ours. */
  featureNotEnabled: (feature: string): ManageRefusal =>
    new ManageRefusal(403, `This tenant does not have ${feature}`, { errorCode: 'feature_not_enabled' }),
  invalidBody: (message: string): ManageRefusal => new ManageRefusal(400, message, { errorCode: 'invalid_body' }),
  invalidQuery: (message: string): ManageRefusal => new ManageRefusal(400, message, { errorCode: 'invalid_query_string' }),
  invalidUri: (message: string): ManageRefusal => new ManageRefusal(400, message, { errorCode: 'invalid_uri' }),
  notSupported: (message: string): ManageRefusal => new ManageRefusal(400, message, { errorCode: 'operation_not_supported' }),
  /** The code is Auth0's, the text is ours. */
  invalidPaging: (): ManageRefusal =>
    new ManageRefusal(400, "The 'from' parameter is not one that this tenant gave in the last 24 hours; start from the first page.", {
      errorCode: 'invalid_paging',
    }),
  /** Auth0's documentation has no code for it. */
  conflict: (message: string): ManageRefusal => new ManageRefusal(409, message),
  noSuchClient: (): ManageRefusal => new ManageRefusal(404, 'The client does not exist', { errorCode: 'inexistent_client' }),
  /** Not seen on Auth0 itself: text and code are ours. */
  noSuchCredential: (): ManageRefusal => new ManageRefusal(404, 'The credential does not exist', { errorCode: 'inexistent_credential' }),
  noSuchResourceServer: (): ManageRefusal =>
    new ManageRefusal(404, 'The resource server does not exist', { errorCode: 'inexistent_resource_server' }),
  noSuchGrant: (): ManageRefusal => new ManageRefusal(404, 'The grant does not exist.', { errorCode: 'inexistent_client_grant' }),
  noSuchOrganization: (): ManageRefusal => new ManageRefusal(404, 'No organization found by that id or name'),
  noSuchKey: (): ManageRefusal => new ManageRefusal(404, 'Signing key not found'),
  noSuchLog: (): ManageRefusal => new ManageRefusal(404, 'Log not found'),
  /** A grant that names an API that there is not. */
  noIdentifier: (audience: string): ManageRefusal => new ManageRefusal(404, `No resource with identifier ${audience}`),
  /** A grant that names a client that there is not. */
  clientNotFound: (): ManageRefusal => new ManageRefusal(404, 'Client not found'),
  /** The text is that of Auth0's specification; whether a code goes with it was not seen on Auth0 itself. */
  resourceServerExists: (): ManageRefusal => new ManageRefusal(409, 'A resource server with the same identifier already exists.'),
  /** Not seen on Auth0 itself: the text is ours. */
  organizationExists: (): ManageRefusal => new ManageRefusal(409, 'An organization with this name already exists.'),
  tooManyRequests: (message: string): ManageRefusal => new ManageRefusal(429, message, { errorCode: 'too_many_requests' }),
  /** The store is away; what is in memory goes on. The text is ours. */
  unavailable: (errorId: string, cause: unknown): ManageRefusal =>
    new ManageRefusal(503, 'The tenant cannot reach its store; try again.', { errorId, headers: { 'Retry-After': '1' }, cause }),
  /** A path that this tenant does not have. The texts are ours. */
  notServed: (method: string, path: string): ManageRefusal => {
    const call = `${method} ${path.slice(0, 200)}`;
    const isOfTheService = path.startsWith('/api/v2/') && isAbsentEndpoint(method, path.slice('/api/v2'.length));
    return new ManageRefusal(
      404,
      isOfTheService ? `Not Found: ${call} is Auth0's, but this tenant does not have it` : `Not Found: this tenant does not serve ${call}`,
    );
  },
} as const;
