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
    ['an untrusted certificate', 'tls_error', 0, '', /not trusted/, /NODE_EXTRA_CA_CERTS/],
    ['an issuer that is down', 'network_error', 0, '', /cannot be reached/, /AUTH0_DOMAIN/],
    ['HTML in place of a token', 'invalid_response', 200, '', /not answer as a token endpoint/, /login page/],
    ['an unreadable secret', 'secret_unavailable', 0, '', /secret cannot be read/, /AUTH0_CLIENT_SECRET/],
  ])('of %s tells what it means and what to change', (_what, code, status, said, meaning, step) => {
    const explanation = explainFailure({ code, message: 'what happened', details: { status, oauthErrorDescription: said } }, places);
    expect(explanation.what).toBe('what happened');
    expect(explanation.meaning).toMatch(meaning);
    expect(explanation.step).toMatch(step);
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
      'secret_unavailable',
      'wait_timeout',
      'min_ttl_unmet',
      'closed',
    ] as const satisfies readonly TokenErrorCode[];
    const unnamed: Exclude<TokenErrorCode, (typeof codes)[number]>[] = [];
    expect(unnamed).toEqual([]);
    for (const code of codes) {
      const { meaning, step } = explainFailure({ code, message: 'm' }, places);
      expect([code, meaning !== '', step !== '']).toEqual([code, true, true]);
    }
  });
});
