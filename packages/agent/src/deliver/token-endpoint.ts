import type { AccessToken, Clock } from '@evertoken/client';
import type { App } from '../apps/app-directory.ts';
import { holdsAppKey } from '../apps/app-key.ts';
import type { AuditEntry } from '../apps/audit/audit-entry.ts';
import type { RequestPath } from '../apps/request-path.ts';
import type { PassThroughIssuer } from '../config/agent-config.ts';
import type { BookedToken } from '../tokens/booked-token.ts';
import { appOfSocket } from './bearer.ts';
import { chooseToken } from './choose-token.ts';
import { type ClientCredentials, clientCredentialsOf, unauthorizedClient } from './client-credentials.ts';
import type { AuditedAs, Door, DoorParts } from './door.ts';
import { type Exchange, hasLeft, send } from './exchange.ts';
import type { IssuerPaths } from './issuer-paths.ts';
import { liveToken } from './live-token.ts';
import type { OwnNames } from './own-names.ts';
import type { PassThrough } from './pass-through.ts';
import { passedRequestOf } from './passed-request.ts';
import { readBody } from './read-body.ts';
import { Refusal } from './refusal.ts';
import { checkScopes, requestedScopes } from './requested-scopes.ts';
import { grantText } from './token-answer.ts';
import type { TokenParameters, TokenRequestReader } from './token-request-body.ts';
import { countRead } from './too-many-requests.ts';
import { unavailable } from './unavailable.ts';

const ownPath = '/oauth/token';
/** The `expires_in` for an app key that is handed out as access token. The key does not end, but SDKs want a number. */
const appKeyExpiresInSeconds = 86_400;
/** Most that is told of a client id that nobody has vouched for. */
const longestUnknownId = 16;

/** What the token endpoint needs beside what every door needs. */
export interface TokenEndpointParts extends DoorParts {
  readonly names: OwnNames;
  readonly paths: IssuerPaths;
  readonly passThrough: PassThrough;
  readonly bodies: TokenRequestReader;
  /** The issuers that are passed through now. */
  readonly passedIssuers: () => readonly PassThroughIssuer[];
}

/**
 * `POST /oauth/token`, drop-in for Auth0's (RFC 6749 §4.4): client_id is the app's name, client_secret its app key, and the answer the kept token
 * with the seconds that it has left. An app that may only call through the proxy gets its own app key as the access token. A client of an issuer that is
 * passed through gets what that issuer gives it.
 */
export function tokenEndpoint(parts: TokenEndpointParts): Door {
  return {
    ...endpointDoor,
    answers: ({ segments }) => segments.length === 2 && segments[0] === 'oauth' && segments[1] === 'token',
    auditedAs: (method) => (method === 'POST' ? readAt(ownPath) : undefined),
    answer: (exchange) => answerAt(exchange, undefined, parts),
  };
}

/** The same at the path of each issuer that the agent stands for, such as `/realms/prod/protocol/openid-connect/token`, for the tokens of that issuer. */
export function issuersTokenEndpoint(parts: TokenEndpointParts): Door {
  return {
    ...endpointDoor,
    answers: ({ raw }: RequestPath) => parts.paths.mayBeOne(raw),
    auditedAs: (method, { raw }) => (method === 'POST' && parts.paths.isKnown(raw) ? readAt(raw) : undefined),
    async answer(exchange) {
      const { raw } = exchange.path;
      if (!(await parts.paths.isOne(raw))) throw new Refusal(404, 'not_found', 'There is nothing here.');
      await answerAt(exchange, raw, parts);
    },
  };
}

const endpointDoor = { name: 'token_endpoint', errorForm: 'oauth', givesTokens: true, isStreaming: false } as const;

function readAt(path: string): AuditedAs {
  return { event: 'token.read', pattern: `POST ${path}` };
}

/** What the audit says of a request, as far as it is known. */
type Facts = { -readonly [Fact in 'app' | 'clientId' | 'token' | 'fingerprint' | 'error']: AuditEntry[Fact] };

async function answerAt(exchange: Exchange, issuerPath: string | undefined, parts: TokenEndpointParts): Promise<void> {
  const { request, response, listener, requestId } = exchange;
  const { clock, audit } = parts;
  const began = audit.isOn ? clock.monotonic() : 0;
  if (request.method !== 'POST')
    throw new Refusal(405, 'method_not_allowed', 'The token endpoint takes POST.', { headers: { allow: 'POST' } });
  const facts: Facts = { app: '(unknown)', clientId: undefined, token: '', fingerprint: undefined, error: undefined };
  let status = 500;
  try {
    const answer = await grant(exchange, issuerPath, parts, facts);
    status = 200;
    send(exchange, 200, ['content-type', 'application/json; charset=utf-8', 'cache-control', 'no-store', 'pragma', 'no-cache'], answer);
  } catch (error) {
    if (error instanceof Refusal) status = error.status;
    throw error;
  } finally {
    // After a whole answer the response stays as it is until the end of the turn: it is gone only where nobody got it.
    if (hasLeft(response)) {
      status = 499;
      facts.fingerprint = undefined;
    }
    parts.uses.countHandOut(facts.app, status);
    if (audit.isOn) {
      const { app, clientId, token, fingerprint, error } = facts;
      const pattern = `POST ${issuerPath ?? ownPath}`;
      const ms = clock.monotonic() - began;
      audit.write({ event: 'token.read', app, clientId, listener, token, fingerprint, pattern, status, error, requestId, ms });
    }
  }
}

/** Makes the text of the answer. Fills `facts` for the audit on the way. @throws {Refusal} */
async function grant(exchange: Exchange, issuerPath: string | undefined, parts: TokenEndpointParts, facts: Facts): Promise<string> {
  const { request, boundApp } = exchange;
  const { book, names, paths, rates, waiting, clock } = parts;
  const { authorization } = request.headers;
  const parameters = parts.bodies.read(request.socket, request.headers['content-type'], await bodyOf(request, clock));
  checkGrantType(parameters.get('grant_type'));
  const credentials = clientCredentialsOf(authorization, parameters, boundApp !== undefined);
  const app = appWith(credentials, exchange, parts);
  if (app === undefined) {
    if (credentials !== undefined && boundApp === undefined && mayPassThrough(credentials, issuerPath, parts))
      return passThrough(credentials, parameters, { exchange, parts, issuerPath, facts });
    throw unauthorizedClient(authorization !== undefined);
  }
  facts.app = app.name;
  countRead(app, rates);
  const scopes = requestedScopes(parameters.get('scope'));
  const isOfIssuer = (token: BookedToken): boolean => issuerPath === undefined || paths.isAt(issuerPath, token);
  const wanted = { audience: textOf(parameters, 'audience'), organization: textOf(parameters, 'organization'), isOfIssuer };
  const { token, mayRead } = chooseToken(app, book, wanted, names.origins);
  facts.token = token.name;
  if (!mayRead) return appKeyInPlace(credentials, app);
  const held = liveOf(token, app, { response: exchange.response, waiting });
  const live = held instanceof Promise ? await held : held;
  checkScopes(scopes, token.scopeOf(live));
  facts.fingerprint = live.fingerprint;
  return grantText(token, live);
}

/** The live token; no promise where it is there, as it nearly always is. */
function liveOf(token: BookedToken, app: App, by: Parameters<typeof liveToken>[2]): AccessToken | Promise<AccessToken> {
  const fail = (error: unknown): never => {
    throw unavailable(token, error);
  };
  try {
    const held = liveToken(token, app.name, by);
    return held instanceof Promise ? held.catch(fail) : held;
  } catch (error) {
    return fail(error);
  }
}

async function bodyOf(request: Exchange['request'], clock: Clock): Promise<Buffer> {
  try {
    return await readBody(request, clock);
  } catch (error) {
    throw error instanceof Refusal ? error.with({ code: 'invalid_request' }) : error;
  }
}

/** The app that presents itself, by its key or by the socket that is its own. */
function appWith(
  credentials: ClientCredentials | undefined,
  { boundApp, request: { socket: connection } }: Pick<Exchange, 'boundApp' | 'request'>,
  { apps }: TokenEndpointParts,
): App | undefined {
  if (credentials === undefined) return boundApp === undefined ? undefined : appOfSocket(boundApp, apps);
  const app = apps.findByNameAndKey(credentials.id, credentials.secret, connection);
  return boundApp === undefined || app?.name === boundApp ? app : undefined;
}

function mayPassThrough({ id, secret }: ClientCredentials, issuerPath: string | undefined, parts: TokenEndpointParts): boolean {
  const { apps } = parts;
  // An app with a wrong key or a wrong name is refused here and not passed through: no issuer may see its key.
  if (apps.find(id) !== undefined || apps.findByKey(secret) !== undefined || [id, secret].some(holdsAppKey)) return false;
  return issuersAt(issuerPath, parts).length > 0;
}

function issuersAt(issuerPath: string | undefined, { paths, passedIssuers }: TokenEndpointParts): readonly PassThroughIssuer[] {
  const issuers = passedIssuers();
  if (issuerPath === undefined) return issuers;
  return issuers.filter((issuer) => {
    const endpoint = paths.endpointOf(issuer);
    return endpoint !== undefined && new URL(endpoint).pathname === issuerPath;
  });
}

async function passThrough(
  credentials: ClientCredentials,
  parameters: TokenParameters,
  { exchange, parts, issuerPath, facts }: { exchange: Exchange; parts: TokenEndpointParts; issuerPath: string | undefined; facts: Facts },
): Promise<string> {
  const { paths, names } = parts;
  facts.app = '(passed through)';
  const clientId = printable(credentials.id);
  // It may be a secret put into the wrong field: enough of it stays untold.
  facts.clientId = clientId.slice(0, Math.min(longestUnknownId, Math.ceil(clientId.length / 2)));
  try {
    // Token endpoints that were learned long ago are looked up again: a secret must not go to an address that the issuer has left.
    await paths.renew(parts.passedIssuers());
    const issuers = issuersAt(issuerPath, parts);
    const passed = passedRequestOf(credentials, parameters, {
      issuers,
      endpointOf: (one) => paths.endpointOf(one),
      origins: names.origins,
    });
    const { token, live } = await parts.passThrough.get(passed, exchange.response);
    facts.clientId = clientId;
    facts.fingerprint = live.fingerprint;
    return grantText(token, live);
  } catch (error) {
    // An issuer may say anything.
    if (error instanceof Refusal && /^[a-z_]{1,40}$/.test(error.code)) facts.error = error.code;
    throw error;
  }
}

/** A client id is visible ASCII (RFC 6749 appendix A.1); what else a program may send, a terminal that shows the line might obey. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?');
}

function appKeyInPlace(credentials: ClientCredentials | undefined, app: App): string {
  if (credentials !== undefined) {
    return JSON.stringify({ access_token: credentials.secret, expires_in: appKeyExpiresInSeconds, token_type: 'Bearer' });
  }
  const detail = `The app ${app.name} may only call, and needs no token for that on its own socket: call the API through the agent without Authorization.`;
  throw new Refusal(403, 'access_denied', detail);
}

function checkGrantType(grantType: unknown): void {
  if (grantType === undefined || grantType === '') throw new Refusal(400, 'invalid_request', 'Missing required parameter: grant_type');
  if (grantType !== 'client_credentials')
    throw new Refusal(400, 'unsupported_grant_type', 'The only grant type here is client_credentials.');
}

function textOf(parameters: TokenParameters, name: string): string | undefined {
  const value = parameters.get(name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
