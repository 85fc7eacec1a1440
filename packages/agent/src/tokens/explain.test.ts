import type { TokenErrorCode } from '@evertoken/client';
import { describe, expect, it } from 'vitest';
import { explainFailure } from './explain.ts';

const places = {
  issuer: 'AUTH0_DOMAIN',
  clientId: 'AUTH0_CLIENT_ID',
  clientSecret: 'AUTH0_CLIENT_SECRET',
  audience: 'AUTH0_AUDIENCE',
  scope: 'AUTH0_SCOPE',
};

describe('an explanation', () => {
  it.each<[string, TokenErrorCode, number, string, RegExp, RegExp]>([
    ['a wrong secret', 'access_denied', 401, 'Unauthorized', /secret is not its own/, /AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET/],
    [
      'a wrong audience',
      'access_denied',
      403,
      'Service not enabled within domain: x',
      /no API with this audience/,
      /AUTH0_AUDIENCE.*trailing slash/,
    ],
    [
      'no grant',
      'access_denied',
      403,
      'Client "x" is not authorized to access resource server "y". You need to create a "client-grant" associated to this API.',
      /no grant for this API/,
      /Authorize the application that AUTH0_CLIENT_ID names/,
    ],
    [
      'no grant, in older words',
      'access_denied',
      403,
      'Client is not authorized to access "y". You need to create a "client-grant"',
      /no grant/,
      /Authorize/,
    ],
    ['a scope that is not granted', 'access_denied', 403, 'Client has not been granted scopes: read:foo', /More scopes/, /AUTH0_SCOPE/],
    ['no audience', 'access_denied', 403, 'Non-global clients are not allowed access to APIv1', /No audience was sent/, /AUTH0_AUDIENCE/],
    ['another refusal', 'access_denied', 403, 'Something new', /refuses this application/, /AUTH0_CLIENT_ID, AUTH0_AUDIENCE/],
    [
      'a grant type that is not allowed',
      'unauthorized_client',
      403,
      "Grant type 'client_credentials' not allowed for the client.",
      /may not use the grant/,
      /Grant types/,
    ],
    ['an unknown audience, in other words', 'access_denied', 403, 'Service not found: x', /no API with this audience/, /AUTH0_AUDIENCE/],
    ['a third-party application', 'unauthorized_client', 403, 'Not allowed', /third-party/, /AUTH0_AUDIENCE.*Application Access/],
    ['scopes in another form', 'invalid_scope', 400, 'Scope must be an array or a string', /not sent as a text/, /AUTH0_SCOPE/],
    ['scopes that an Action refuses', 'invalid_scope', 400, 'no', /Action/, /AUTH0_SCOPE/],
    [
      'an assertion that lives too long',
      'invalid_client',
      401,
      "'exp' claim must specify a time that is no more than 5 minutes after 'iat'",
      /assertion that the client signs/,
      /feccft/,
    ],
    ['an unknown client elsewhere', 'invalid_client', 401, 'Client authentication failed', /key is not its own/, /AUTH0_CLIENT_SECRET/],
    ['a missing audience', 'invalid_request', 400, 'Missing required parameter: audience', /needs an audience/, /AUTH0_AUDIENCE/],
    ['a missing parameter', 'invalid_request', 400, 'Missing required parameter: client_id', /needs a parameter/, /AUTH0_CLIENT_ID/],
    [
      'a missing organization',
      'invalid_request',
      400,
      'parameter organization is required for this client',
      /none was named/,
      /`organization`/,
    ],
    [
      'a strange organization',
      'invalid_request',
      400,
      'parameter organization is not allowed for this client',
      /may not have/,
      /leave it out/,
    ],
    ['an Action that refuses', 'invalid_request', 400, 'Not during maintenance', /Action of the tenant/, /credentials-exchange/],
    ['an Action that fails', 'server_error', 500, 'Boom', /Action of the tenant/, /credentials-exchange/],
    ['an issuer that fails', 'server_error', 500, '', /in trouble/, /status page/],
    ['an unknown grant type', 'unsupported_grant_type', 501, 'Grant type not supported', /does not offer/, /AUTH0_DOMAIN/],
    ['a used up quota', 'too_many_requests', 429, 'Client quota exceeded', /quota of tokens/, /Token Quota/],
    ["an organization's used up quota", 'too_many_requests', 429, 'Organization quota exceeded', /quota of tokens/, /AUTH0_CLIENT_ID/],
    ['a rate limit policy', 'too_many_requests', 429, 'Rate limit exceeded.', /rate limit policy/, /Find the policy/],
    ["the tenant's rate limit", 'too_many_requests', 429, 'Global limit has been reached', /asked too often/, /api_limit/],
    ['a tenant that is unavailable', 'temporarily_unavailable', 503, '', /in trouble/, /status\.auth0\.com/],
    ['an address without an endpoint', 'unexpected_status', 404, '', /no token endpoint.*tried again by itself/, /region/],
    ['an address that takes no POST', 'unexpected_status', 405, '', /takes no POST.*tried again by itself/, /exact path/],
    ['a redirect', 'redirect_refused', 302, '', /must not follow.*tried again by itself/, /final address/],
    ['metadata that cannot be had', 'discovery_failed', 0, '', /metadata.*tried again by itself/, /AUTH0_DOMAIN/],
    ['an untrusted certificate', 'tls_error', 0, '', /not trusted/, /NODE_EXTRA_CA_CERTS/],
    ['an issuer that is down', 'network_error', 0, '', /cannot be reached/, /AUTH0_DOMAIN/],
    ['HTML in place of a token', 'invalid_response', 200, '', /not answer as a token endpoint/, /login page/],
    [
      'an unreadable secret',
      'secret_unavailable',
      0,
      '',
      /secret cannot be read/,
      /AUTH0_CLIENT_SECRET names: a file .* may read, a command that prints it .*, or a variable that is set/,
    ],
  ])('of %s tells what it means and what to change', (_what, code, status, said, meaning, step) => {
    const explanation = explainFailure({ code, message: 'what happened', details: { status, oauthErrorDescription: said } }, places);
    expect(explanation.what).toBe('what happened');
    expect(explanation.meaning).toMatch(meaning);
    expect(explanation.step).toMatch(step);
  });

  it.each<[string, TokenErrorCode, object, RegExp]>([
    ['an endpoint that is switched off', 'unexpected_status', { status: 404, oauthError: 'endpoint_disabled' }, /switched off/],
    ['an expired certificate', 'tls_error', { systemCode: 'CERT_HAS_EXPIRED' }, /not valid at the time/],
    ['a certificate of another host', 'tls_error', { systemCode: 'ERR_TLS_CERT_ALTNAME_INVALID' }, /for another host/],
    ['a private CA', 'tls_error', { systemCode: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, /not trusted here/],
    ['a host that does not exist', 'network_error', { systemCode: 'ENOTFOUND' }, /no such host/],
    ['a host that does not listen', 'network_error', { systemCode: 'ECONNREFUSED' }, /cannot be reached/],
  ])('tells %s by what the answer or the connection says', (_what, code, details, meaning) => {
    expect(explainFailure({ code, message: 'm', details }, places).meaning).toMatch(meaning);
  });

  it('exists for every code, also without details', () => {
    const codes = [
      'invalid_request',
      'invalid_client',
      'invalid_grant',
      'unauthorized_client',
      'unsupported_grant_type',
      'invalid_scope',
      'invalid_target',
      'access_denied',
      'too_many_requests',
      'server_error',
      'temporarily_unavailable',
      'network_error',
      'tls_error',
      'timeout',
      'redirect_refused',
      'unexpected_status',
      'invalid_response',
      'invalid_lifetime',
      'discovery_failed',
      'secret_unavailable',
      'key_unusable',
      'budget_exhausted',
      'wait_timeout',
      'min_ttl_unmet',
      'closed',
    ] as const satisfies readonly TokenErrorCode[];
    // Does not compile where a code of the client has no place above.
    const isComplete: [Exclude<TokenErrorCode, (typeof codes)[number]>] extends [never] ? true : false = true;
    expect(isComplete).toBe(true);
    for (const code of codes) {
      const { meaning, step } = explainFailure({ code, message: 'm' }, places);
      expect([code, meaning !== '', step !== '']).toEqual([code, true, true]);
    }
  });
});
