import type { Behaviour } from './behaviour.ts';

/** Endpoints outside of the Management API. */
export const authenticationEndpoints: readonly Behaviour[] = [
  {
    about: '`POST /oauth/token`',
    standing: 'same',
    text: 'Grant `client_credentials`, by form or JSON. Any other grant: 400 `unsupported_grant_type`.',
  },
  {
    about: '`GET /.well-known/openid-configuration`, `GET /.well-known/oauth-authorization-server`',
    standing: 'differs',
    text: 'Announces what works here and nothing else: no authorization, userinfo, revocation or registration endpoint. `grant_types_supported` is `client_credentials`, which the service leaves out; `response_types_supported` is `none`, as the standard has it that it is not empty.',
  },
  {
    about: '`GET /.well-known/jwks.json`',
    standing: 'same',
    text: 'The current, the next and, until it is revoked, the previous key, with `x5c` and `x5t`; no `alg` where `flags.remove_alg_from_jwks` is set.',
  },
  {
    about: '`GET /healthz`, `GET /readyz`',
    standing: 'differs',
    text: 'For supervisors and load balancers, without a token: 200 while the process lives; 200 while it reaches its database too and knows what other nodes wrote, else 503.',
  },
  {
    about: '`GET /cer`, `/pem`, `/rawpem`, `/pb7`, `/fingerprint`',
    standing: 'not there',
    text: 'Certificates stand in the JWKS and at `/api/v2/keys/signing`.',
  },
  {
    about:
      '`/authorize`, `/userinfo`, `/oauth/device/code`, `/oauth/revoke`, `/oauth/par`, `/bc-authorize`, `/mfa/*`, `/passwordless/*`, `/oidc/*`, `/samlp/*`',
    standing: 'not there',
    text: 'Everything that has a person in it: 404.',
  },
];

/** Behaviours of the token endpoint. */
export const tokenBehaviours: readonly Behaviour[] = [
  {
    about: 'Order of the checks',
    standing: 'chosen',
    text: 'Request, `grant_type`, client and its proof, grant types of the client, quotas, audience, client grant, organization, scopes.',
  },
  { about: 'Unknown client, wrong secret', standing: 'same', text: '401 `access_denied`, `Unauthorized`; both take the same time.' },
  {
    about: 'Missing `grant_type` or `client_id`',
    standing: 'chosen',
    text: '400 `invalid_request`, `Missing required parameter: NAME`. A missing `client_assertion_type` likewise; another value of it: 400 `invalid_request`.',
  },
  {
    about: 'Unknown `grant_type`',
    standing: 'chosen',
    text: '400 `unsupported_grant_type`, `Grant type not supported` (501 in the oldest documents).',
  },
  {
    about: '`client_secret_post` and `client_secret_basic`',
    standing: 'chosen',
    text: 'Either is taken, whichever the client is configured for; both in one request are 400 `invalid_request` (RFC 6749 §2.3).',
  },
  {
    about: '`+` and `%` in `client_secret_basic`',
    standing: 'chosen',
    text: 'Taken form-encoded, as RFC 6749 §2.3.1 has it, and also plain, as many clients send it; no half of each.',
  },
  {
    about: 'Parameters without a value: empty, or null in JSON',
    standing: 'chosen',
    text: 'As if they were not there. The SDK for Python sends null for what it was not given.',
  },
  {
    about: 'Bodies that cannot be read',
    standing: 'chosen',
    text: 'A parameter that is named twice, in a form or in JSON, other than `resource`, another content type, another charset than UTF-8: 400 `invalid_request`. More than 16 KiB: 413.',
  },
  {
    about: 'Clients with `client_authentication_methods`',
    standing: 'chosen',
    text: 'No secret is taken any more, also where the list of keys has become empty.',
  },
  {
    about: '`private_key_jwt`: errors',
    standing: 'chosen',
    text: '401 `invalid_client`, with a description that names the claim or header that is wrong and quotes nothing of it. The log of the tenant has it as `client_authentication_error`.',
  },
  {
    about: '`private_key_jwt`: times',
    standing: 'chosen',
    text: '`exp` has the same 10 s of tolerance that `iat` and `nbf` have. Without `iat` the five minutes count from now.',
  },
  {
    about: '`private_key_jwt`: `aud`',
    standing: 'chosen',
    text: '`https://DOMAIN/` or `https://DOMAIN/oauth/token`; an array is taken if it holds these alone.',
  },
  {
    about: '`private_key_jwt`: headers',
    standing: 'chosen',
    text: '`jwk`, `jku`, `x5u`, `x5c`, `crit` and `b64` are refused; `typ` is absent, `JWT` or `client-authentication+jwt`.',
  },
  {
    about: '`private_key_jwt`: `jti`',
    standing: 'same',
    text: 'Taken once, over all nodes; while no store can tell whether it is new: 503 `temporarily_unavailable`.',
  },
  {
    about: 'Client certificates (mTLS), DPoP',
    standing: 'not there',
    text: 'No `cnf`. `tls_client_auth`, `self_signed_tls_client_auth` and a required `proof_of_possession` of an API are refused with 403 `feature_not_enabled`; `require_proof_of_possession` of a client is kept and has no effect.',
  },
  { about: 'Unknown audience', standing: 'same', text: '403 `access_denied`, `Service not enabled within domain: AUDIENCE`.' },
  {
    about: 'No audience',
    standing: 'same',
    text: 'The default audience of the tenant; an opaque token where `flags.allow_api1_non_global_clients` is set; else 403 `access_denied`.',
  },
  {
    about: '`resource` (RFC 8707), given several times',
    standing: 'chosen',
    text: '400 `invalid_target`, where `resource_parameter_profile` lets it count at all.',
  },
  { about: 'No client grant', standing: 'same', text: '403 `access_denied` in the present wording, with the ids of client and API.' },
  {
    about: 'No client grant, strict third-party client',
    standing: 'chosen',
    text: '403 `unauthorized_client`, with the same sentence.',
  },
  {
    about: 'Several scopes that are not granted',
    standing: 'chosen',
    text: '403 `access_denied`, `Client has not been granted scopes: a, b`.',
  },
  {
    about: 'Organizations that the grant does not allow, or requires',
    standing: 'chosen',
    text: '400 `invalid_request`, `parameter organization is not allowed for this client` and `… is required for this client`.',
  },
  {
    about: 'Organizations that are unknown, or not associated with the grant',
    standing: 'chosen',
    text: '403 `access_denied`, `Client "…" is not authorized to access organization "…".`, alike for both.',
  },
  { about: 'Scopes of a grant with `allow_all_scopes`', standing: 'chosen', text: 'Every scope that the API has at that moment.' },
  { about: '`permissions`', standing: 'chosen', text: 'In the `_authz` dialects: the granted scopes.' },
  {
    about: 'A failure of the tenant itself',
    standing: 'chosen',
    text: '500 `server_error`; `error_id` names the line of the log that tells why.',
  },
  { about: 'HS256', standing: 'chosen', text: 'No `kid` in the header.' },
  {
    about: 'Encrypted tokens, Actions, custom claims, custom domains',
    standing: 'not there',
    text: 'One domain, and the claims of the four dialects alone.',
  },
  {
    about: 'Token quotas',
    standing: 'chosen',
    text: 'Tokens for the Management API count too. Judged before the audience. The headers stand on 200 and 429 alone. That of an organization: `Organization quota exceeded`.',
  },
  { about: 'The monthly quota of a plan', standing: 'not there', text: 'Nobody counts months here.' },
  {
    about: 'Rate limits',
    standing: 'differs',
    text: 'Off unless a plan is set, and the headers are there all the same. Judged before the body is read, without `error_uri`; each process counts for itself.',
  },
  { about: 'Custom rate-limit policies', standing: 'not there', text: '`/api/v2/rate-limit-policies` is 404.' },
  {
    about: 'More than can be signed',
    standing: 'chosen',
    text: '503 `temporarily_unavailable` with `Retry-After: 1`.',
  },
  {
    about: '`PUT`, `PATCH`, `DELETE` on the token endpoint',
    standing: 'chosen',
    text: '405 `method_not_allowed` with `Allow: POST`; `GET` is 404, as known.',
  },
  {
    about: 'The same request twice within a second',
    standing: 'differs',
    text: 'The same bytes have the same token as answer, where the dialect has no `jti` and the algorithm no randomness.',
  },
];
