import type { TokenErrorCode } from '@evertoken/client';
import type { ConfigPlaces } from '../config/agent-config.ts';

/** One way in which a token cannot be had. */
export interface ExplanationRow {
  readonly codes: readonly TokenErrorCode[];
  /** HTTP status of the answer; any where left out. */
  readonly status?: number;
  /** `error` of the answer, where the code does not say it. */
  readonly oauthError?: string;
  /** What the issuer's description says; Auth0 tells most of its refusals apart by that alone. */
  readonly says?: RegExp;
  /** System error code of a connection that failed. */
  readonly system?: RegExp;
  readonly meaning: string;
  /** What `clientSecret` of the places can only be here, for the page of errors. Default: a client secret. */
  readonly credential?: 'private_key';
  readonly step: (places: ConfigPlaces) => string;
}

const api = 'Auth0 dashboard: Applications → APIs';
const application = 'Auth0 dashboard: Applications → Applications → yours';
const logs = 'Auth0 dashboard: Monitoring → Logs';

/** What issuers answer. The first row that fits is taken, so rows with more conditions come first. */
export const answerRows: readonly ExplanationRow[] = [
  {
    codes: ['access_denied'],
    says: /Service not (?:enabled within domain|found)/,
    meaning: 'The issuer knows no API with this audience.',
    step: ({ audience }) =>
      `Set ${audience} to the identifier of the API exactly as it stands there, trailing slash included (${api} → Identifier). With a custom domain the Management API keeps its own: https://TENANT.REGION.auth0.com/api/v2/.`,
  },
  {
    codes: ['access_denied', 'unauthorized_client'],
    says: /client-grant|not authorized to access/,
    meaning: 'The application has no grant for this API.',
    step: ({ clientId }) =>
      `Authorize the application that ${clientId} names (${api} → the API → Application Access; or \`auth0 api post client-grants\`), or change ${clientId}.`,
  },
  {
    codes: ['access_denied', 'invalid_request'],
    says: /organization .*(?:is )?required/i,
    meaning: 'This application gets tokens for an organization only, and none was named.',
    step: ({ issuer }) => `Name one as \`organization\` beside ${issuer}, or set a default one (${application} → Organizations).`,
  },
  {
    codes: ['access_denied', 'invalid_request'],
    says: /organization/i,
    meaning: 'The application may not have a token for this organization.',
    step: ({ issuer }) =>
      `Correct \`organization\` beside ${issuer} or leave it out, or allow it (Auth0 dashboard: Organizations → the organization → Machine-to-Machine Access).`,
  },
  {
    codes: ['invalid_scope'],
    says: /array or a string/,
    meaning: 'The scopes were not sent as a text.',
    step: ({ scope }) => `Write ${scope} as a list of scopes, or as one text separated by spaces.`,
  },
  {
    codes: ['access_denied', 'invalid_scope'],
    says: /scope/i,
    meaning: 'More scopes are asked for than the application is granted.',
    step: ({ scope }) => `Take them out of ${scope}, or grant them (${api} → the API → Application Access → the application).`,
  },
  {
    codes: ['access_denied'],
    says: /Non-global clients/,
    meaning: 'No audience was sent, and the tenant has no default one.',
    step: ({ audience }) => `Set ${audience} to the identifier of the API.`,
  },
  {
    codes: ['access_denied'],
    status: 401,
    meaning: 'The issuer does not know this client id, or the secret is not its own.',
    step: ({ clientId, clientSecret }) => `Compare ${clientId} and ${clientSecret} with the application's (${application} → Settings).`,
  },
  {
    codes: ['invalid_client'],
    says: /assertion|signature|certificate|'(?:exp|iat|nbf|aud|iss|sub|jti)' claim|\bjti\b/i,
    meaning: 'The issuer does not accept the assertion that the client signs, or its certificate.',
    credential: 'private_key',
    step: ({ clientId, clientSecret }) =>
      `Register the public key of ${clientSecret} with its algorithm for ${clientId} (${application} → Credentials), and set the clock of this machine. The failed assertion is explained in the tenant's log, type feccft (${logs}).`,
  },
  {
    codes: ['invalid_client'],
    meaning:
      'The issuer does not know this client id, the secret or key is not its own, or it is sent in a way that this client may not use.',
    step: ({ clientId, clientSecret }) =>
      `Compare ${clientId} and ${clientSecret} with the application's, and token_endpoint_auth_method too (${application} → Credentials).`,
  },
  {
    codes: ['access_denied'],
    meaning: 'The issuer refuses this application.',
    step: ({ clientId, audience }) =>
      `Check ${clientId}, ${audience} and the application's grant for it (${api} → the API → Application Access); an Action may refuse it too (${logs}).`,
  },
  {
    codes: ['unauthorized_client'],
    says: /grant type/i,
    meaning: 'The application may not use the grant client_credentials.',
    step: () => `Make it a machine-to-machine application, or allow the grant (${application} → Advanced settings → Grant types).`,
  },
  {
    codes: ['unauthorized_client'],
    meaning: 'The application may not use the grant client_credentials, or, as a third-party application, not for this API.',
    step: ({ audience }) =>
      `Allow the grant (${application} → Advanced settings → Grant types), and the application for ${audience} (${api} → the API → Application Access).`,
  },
  {
    codes: ['unsupported_grant_type'],
    meaning: 'This endpoint does not offer the grant client_credentials.',
    step: ({ issuer }) => `Check that ${issuer} names the issuer's token endpoint.`,
  },
  {
    codes: ['invalid_scope'],
    meaning: 'The issuer, or an Action of the tenant, does not know a scope that is asked for, or does not grant it.',
    step: ({ scope }) => `Correct ${scope}, or leave it out to get all that is granted.`,
  },
  {
    codes: ['invalid_target'],
    meaning: 'The issuer knows no API with this audience.',
    step: ({ audience }) => `Correct ${audience}.`,
  },
  {
    codes: ['invalid_request'],
    says: /audience/i,
    meaning: 'The issuer needs an audience, or does not accept this one.',
    step: ({ audience }) => `Set ${audience} to the identifier of the API (${api} → Identifier).`,
  },
  {
    codes: ['invalid_request'],
    says: /missing required parameter/i,
    meaning: 'The issuer needs a parameter that was not sent, or not in the way in which it reads them.',
    step: ({ clientId, clientSecret }) =>
      `Check ${clientId}, ${clientSecret} and token_endpoint_auth_method; add what it names under \`parameters\`.`,
  },
  {
    codes: ['invalid_request', 'invalid_grant'],
    meaning: 'The issuer, or an Action of the tenant, does not accept the request as it is.',
    step: ({ audience, issuer }) =>
      `Read what it says, and check ${audience} and ${issuer}. Where an Action refuses, see Auth0 dashboard: Actions → Triggers → credentials-exchange.`,
  },
  {
    codes: ['too_many_requests'],
    says: /quota/i,
    meaning:
      'The quota of tokens of the application or organization is used up. What is held is served on, and it is tried again when the quota is full.',
    step: ({ clientId }) =>
      `See who else mints with ${clientId} and let them use this agent, or raise the quota (${application} → Settings → Token Quota).`,
  },
  {
    codes: ['too_many_requests'],
    says: /^Rate limit exceeded/i,
    meaning: 'A rate limit policy of the tenant is exceeded. It is tried again by itself.',
    step: () => 'Find the policy and raise it, or find who asks so often (Auth0 dashboard: Monitoring → Logs, type api_limit).',
  },
  {
    codes: ['too_many_requests'],
    meaning: 'The issuer is asked too often, by all of its clients together. It is tried again by itself.',
    step: () => `Nothing to do here; where it lasts, find who asks so often (${logs}, type api_limit).`,
  },
  {
    codes: ['unexpected_status', 'server_error'],
    oauthError: 'endpoint_disabled',
    meaning: 'The tenant has this endpoint switched off.',
    step: ({ issuer }) => `Check that ${issuer} names the right tenant, or ask the support of the issuer to switch it on.`,
  },
  {
    codes: ['unexpected_status'],
    status: 404,
    meaning: 'There is no token endpoint at this address. It is tried again by itself.',
    step: ({ issuer }) =>
      `Check ${issuer}: the domain of the tenant with its region, like acme.eu.auth0.com, or the whole URL of the endpoint.`,
  },
  {
    codes: ['unexpected_status'],
    status: 405,
    meaning:
      'What answers at this address takes no POST: it is no token endpoint, or something on the way turns the request into another. It is tried again by itself.',
    step: ({ issuer }) => `Check that ${issuer} names the token endpoint, with https:// and the exact path.`,
  },
  {
    codes: ['server_error'],
    says: /./,
    meaning: 'The issuer, or an Action of the tenant, failed. It is tried again by itself.',
    step: () =>
      `Read what it says. Where it is an Action, see its log (Auth0 dashboard: Actions → Triggers → credentials-exchange; ${logs}).`,
  },
  {
    codes: ['server_error', 'temporarily_unavailable'],
    meaning: 'The issuer is in trouble. It is tried again by itself.',
    step: () => "Nothing to do here; see the issuer's status page (Auth0: https://status.auth0.com) if it lasts.",
  },
  {
    codes: ['unexpected_status', 'invalid_response', 'invalid_lifetime'],
    meaning: 'What answers there does not answer as a token endpoint does. It is tried again by itself.',
    step: ({ issuer }) => `Check that ${issuer} names the issuer and that no proxy or login page answers in its place.`,
  },
];

/** What goes wrong before an issuer has answered, or on this side. */
export const otherRows: readonly ExplanationRow[] = [
  {
    codes: ['discovery_failed'],
    meaning: 'The metadata of the issuer, which names its token endpoint, cannot be had or is not its own. It is tried again by itself.',
    step: ({ issuer }) =>
      `Open ${'`/.well-known/openid-configuration`'} below the issuer and set ${issuer} to its \`issuer\`, exactly; or name the \`token_endpoint\` itself.`,
  },
  {
    codes: ['tls_error'],
    system: /EXPIRED|NOT_YET_VALID/,
    meaning: 'The certificate of the issuer is not valid at the time that this machine has, so nothing was sent.',
    step: () => 'Set the clock of this machine (see `timedatectl status`); where it is right, the issuer has to renew its certificate.',
  },
  {
    codes: ['tls_error'],
    system: /ALTNAME|HOSTNAME/,
    meaning: 'The certificate there is for another host, so nothing was sent.',
    step: ({ issuer }) => `Check ${issuer}: the name must be one that the certificate has. Something else may answer in its place.`,
  },
  {
    codes: ['tls_error'],
    meaning: 'The certificate of the issuer is not trusted here, so nothing was sent.',
    step: ({ issuer }) => `Check ${issuer}. For a private CA, name its file in NODE_EXTRA_CA_CERTS.`,
  },
  {
    codes: ['redirect_refused'],
    meaning: 'The token endpoint sends on to another address, where a secret must not follow. It is tried again by itself.',
    step: ({ issuer }) => `Set ${issuer} to the final address, unless it sends on for a while only, as in a maintenance.`,
  },
  {
    codes: ['network_error'],
    system: /^(?:ENOTFOUND|EAI_AGAIN)$/,
    meaning: 'There is no such host, or names cannot be looked up from here. It is tried again by itself.',
    step: ({ issuer }) => `Check the name in ${issuer}, the network and its DNS, and HTTPS_PROXY where one is needed.`,
  },
  {
    codes: ['network_error', 'timeout'],
    meaning: 'The issuer cannot be reached from here. It is tried again by itself.',
    step: ({ issuer }) => `Check ${issuer}, the network, and HTTPS_PROXY where one is needed.`,
  },
  {
    codes: ['secret_unavailable'],
    meaning: 'The client secret cannot be read from where it is kept. It is tried again by itself.',
    step: ({ clientSecret }) =>
      `Mend what ${clientSecret} names: a file that the user of the agent may read, a command that prints it within 8 s, or a variable that is set.`,
  },
  {
    codes: ['key_unusable'],
    meaning: 'The private key cannot sign as it is told to.',
    credential: 'private_key',
    step: ({ clientSecret }) =>
      `Make ${clientSecret} a PKCS #8 PEM or JWK of the kind that \`alg\` names: RSA for RS256 and PS256, P-256 for ES256.`,
  },
  {
    codes: ['budget_exhausted'],
    meaning: 'The mints that `policy.max_mints_per_day` allows are used up; what is held is served on.',
    step: () => 'Find out why so many were needed (`evertoken status`, the log), or raise `policy.max_mints_per_day`.',
  },
  {
    codes: ['wait_timeout', 'min_ttl_unmet'],
    meaning: 'No token that is good enough could be had in time. It is tried again by itself.',
    step: () => 'Ask again a little later, or for less remaining life.',
  },
  { codes: ['closed'], meaning: 'The agent is stopping.', step: () => 'Start it again.' },
];
