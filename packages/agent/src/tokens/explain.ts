import type { TokenErrorCode, TokenErrorDetails } from '@evertoken/client';
import type { ConfigPlaces } from '../config/agent-config.ts';

/** Why a token cannot be had, for a person. Holds no secret. */
export interface Explanation {
  /** What happened, with the issuer's own words. */
  readonly what: string;
  /** What that means. */
  readonly meaning: string;
  /** What mends it, and where. */
  readonly step: string;
}

/** The parts of a `TokenError` that an explanation is made of; a `lastFailure` of a status has them too, but for the details. */
export interface FailureFacts {
  readonly code: TokenErrorCode;
  readonly message: string;
  readonly details?: TokenErrorDetails;
}

interface Row {
  readonly codes: readonly TokenErrorCode[];
  /** HTTP status of the answer; any where left out. */
  readonly status?: number;
  /** What the issuer's description says; Auth0 tells most of its refusals apart by that alone. */
  readonly says?: RegExp;
  readonly meaning: string;
  readonly step: (places: ConfigPlaces) => string;
}

const api = 'Auth0 dashboard: Applications → APIs';
const application = 'Auth0 dashboard: Applications → Applications → yours';

const rows: readonly Row[] = [
  {
    codes: ['access_denied'],
    says: /Service not enabled within domain/,
    meaning: 'The issuer knows no API with this audience.',
    step: ({ audience }) =>
      `Set ${audience} to the identifier of the API exactly as it stands there, trailing slash included (${api} → Identifier).`,
  },
  {
    codes: ['access_denied'],
    says: /client-grant|not authorized to access/,
    meaning: 'The application has no grant for this API.',
    step: ({ clientId }) =>
      `Authorize the application that ${clientId} names (${api} → the API → Application Access), or change ${clientId}.`,
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
    meaning: 'The issuer does not know this client id, the secret is not its own, or it is sent in a way that this client may not use.',
    step: ({ clientId, clientSecret }) =>
      `Compare ${clientId} and ${clientSecret} with the application's, and token_endpoint_auth_method too.`,
  },
  {
    codes: ['access_denied'],
    meaning: 'The issuer refuses this application.',
    step: ({ clientId, audience }) =>
      `Check ${clientId}, ${audience} and the application's grant for it (${api} → the API → Application Access).`,
  },
  {
    codes: ['unauthorized_client'],
    meaning: 'The application may not use the grant client_credentials.',
    step: () => `Make it a machine-to-machine application, or allow the grant (${application} → Advanced settings → Grant types).`,
  },
  {
    codes: ['unsupported_grant_type'],
    meaning: 'This endpoint does not offer the grant client_credentials.',
    step: ({ issuer }) => `Check that ${issuer} names the issuer's token endpoint.`,
  },
  {
    codes: ['invalid_scope'],
    meaning: 'The issuer does not know a scope that is asked for, or does not grant it.',
    step: ({ scope }) => `Correct ${scope}, or leave it out to get all that is granted.`,
  },
  {
    codes: ['invalid_target'],
    meaning: 'The issuer knows no API with this audience.',
    step: ({ audience }) => `Correct ${audience}.`,
  },
  {
    codes: ['invalid_request', 'invalid_grant'],
    meaning: 'The issuer does not accept the request as it is.',
    step: ({ audience, issuer }) => `Read what it says, and check ${audience} and ${issuer}.`,
  },
  {
    codes: ['tls_error'],
    meaning: 'The certificate of the issuer is not trusted here, so nothing was sent.',
    step: ({ issuer }) => `Check ${issuer}. For a private CA, name its file in NODE_EXTRA_CA_CERTS.`,
  },
  {
    codes: ['redirect_refused'],
    meaning: 'The token endpoint sends on to another address, where a secret must not follow.',
    step: ({ issuer }) => `Set ${issuer} to the final address.`,
  },
  {
    codes: ['network_error', 'timeout'],
    meaning: 'The issuer cannot be reached from here. It is tried again by itself.',
    step: ({ issuer }) => `Check ${issuer}, the network, and HTTPS_PROXY where one is needed.`,
  },
  {
    codes: ['server_error', 'temporarily_unavailable', 'too_many_requests'],
    meaning: 'The issuer is in trouble or asks for fewer requests. It is tried again by itself.',
    step: () => "Nothing to do here; see the issuer's status page if it lasts.",
  },
  {
    codes: ['unexpected_status', 'invalid_response', 'invalid_lifetime'],
    meaning: 'What answers there does not answer as a token endpoint does. It is tried again by itself.',
    step: ({ issuer }) => `Check that ${issuer} names the issuer and that no proxy or login page answers in its place.`,
  },
  {
    codes: ['secret_unavailable'],
    meaning: 'The client secret cannot be read from where it is kept.',
    step: ({ clientSecret }) => `Make ${clientSecret} readable for the user that runs the agent.`,
  },
  {
    codes: ['wait_timeout', 'min_ttl_unmet'],
    meaning: 'No token that is good enough could be had in time. It is tried again by itself.',
    step: () => 'Ask again a little later, or for less remaining life.',
  },
  { codes: ['closed'], meaning: 'The agent is stopping.', step: () => 'Start it again.' },
];

/** What a failure means and what mends it. `places` tell where each part of the request was configured. */
export function explainFailure(failure: FailureFacts, places: ConfigPlaces): Explanation {
  const { status, oauthErrorDescription: said = '' } = failure.details ?? {};
  const row = rows.find(
    (candidate) =>
      candidate.codes.includes(failure.code) &&
      (candidate.status === undefined || candidate.status === status) &&
      (candidate.says === undefined || candidate.says.test(said)),
  );
  return { what: failure.message, meaning: row?.meaning ?? '', step: row?.step(places) ?? '' };
}
