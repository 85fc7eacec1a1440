import { STATUS_CODES } from 'node:http';
import { TenantError } from '../tenant-error.ts';

/** Error body of the Management API (contract §4.2). */
export interface ManageErrorBody {
  readonly statusCode: number;
  /** Reason phrase of the status. */
  readonly error: string;
  readonly message: string;
  readonly errorCode?: string;
  readonly attributes?: { readonly error: string };
}

/** A request that the Management API refuses: the answer, whole. */
export class ManageRefusal extends TenantError {
  readonly status: number;
  readonly body: ManageErrorBody;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    options: { errorCode?: string; attributes?: { error: string }; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super('request_refused', { problem: message, cause: options.cause });
    this.status = status;
    this.headers = options.headers ?? {};
    this.body = {
      statusCode: status,
      error: STATUS_CODES[status] ?? 'Error',
      message,
      ...(options.errorCode !== undefined && { errorCode: options.errorCode }),
      ...(options.attributes !== undefined && { attributes: options.attributes }),
    };
  }
}

// Contract §4.3. The scheme of the challenge is Token once there is a token to speak of.
const badToken = (message: string): ManageRefusal =>
  new ManageRefusal(401, message, {
    attributes: { error: message },
    headers: { 'WWW-Authenticate': `Token error="${message.replaceAll(/["\\\r\n]/g, ' ')}"` },
  });

/** The errors of contract §4.3 and §4.4. */
export const manageRefusals = {
  missingAuthentication: (): ManageRefusal =>
    new ManageRefusal(401, 'Missing authentication', { headers: { 'WWW-Authenticate': 'Bearer' } }),
  malformedBearer: (): ManageRefusal => new ManageRefusal(400, 'Bad HTTP authentication header format', { errorCode: 'Bearer' }),
  invalidToken: (): ManageRefusal => badToken('Invalid token'),
  expiredToken: (): ManageRefusal => badToken('Expired token received for JSON Web Token validation'),
  invalidSignature: (): ManageRefusal => badToken('Invalid signature received for JSON Web Token validation'),
  badAudience: (audience: string): ManageRefusal => badToken(`Bad audience: ${audience}`),
  insufficientScope: (anyOf: readonly string[]): ManageRefusal =>
    new ManageRefusal(403, `Insufficient scope, expected any of: ${anyOf.join(',')}`, { errorCode: 'insufficient_scope' }),
  /** Unverified (§9.7): text and code. */
  hiddenFields: (): ManageRefusal =>
    new ManageRefusal(403, 'Some fields cannot be read with the permissions granted by the bearer token scopes', {
      errorCode: 'insufficient_scope',
    }),
  invalidBody: (message: string): ManageRefusal => new ManageRefusal(400, message, { errorCode: 'invalid_body' }),
  invalidQuery: (message: string): ManageRefusal => new ManageRefusal(400, message, { errorCode: 'invalid_query_string' }),
  /** The code is known (§4.4), the text is not. */
  invalidPaging: (): ManageRefusal =>
    new ManageRefusal(400, "The 'from' parameter is not one that this tenant gave in the last 24 hours; start from the first page.", {
      errorCode: 'invalid_paging',
    }),
  noSuchClient: (): ManageRefusal => new ManageRefusal(404, 'The client does not exist', { errorCode: 'inexistent_client' }),
  noSuchResourceServer: (): ManageRefusal =>
    new ManageRefusal(404, 'The resource server does not exist', { errorCode: 'inexistent_resource_server' }),
  notServed: (method: string, path: string): ManageRefusal =>
    new ManageRefusal(404, `Not Found: this tenant does not serve ${method} ${path.slice(0, 200)}`),
} as const;
