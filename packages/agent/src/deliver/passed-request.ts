import type { PassThroughIssuer } from '../config/agent-config.ts';
import type { PassedRequest } from './pass-through.ts';
import { Refusal } from './refusal.ts';
import type { TokenParameters } from './token-request-body.ts';

/** Parameters for which a token request has a member of its own. */
const named = new Set(['grant_type', 'client_id', 'client_secret', 'audience', 'resource', 'scope', 'organization']);

/**
 * The request that goes to the issuer for one of its own clients. Where several issuers are passed through, the audience tells which one is meant.
 * @throws {Refusal} `invalid_request` where it cannot be told which issuer is meant, or a parameter is no text.
 */
export function passedRequestOf(
  { id, secret, isBasic }: { id: string; secret: string; isBasic: boolean },
  parameters: TokenParameters,
  {
    issuers,
    endpointOf,
    origins,
  }: {
    issuers: readonly PassThroughIssuer[];
    endpointOf: (issuer: PassThroughIssuer) => string | undefined;
    origins: ReadonlySet<string>;
  },
): PassedRequest {
  const texts = textsOf(parameters);
  const asked = texts.get('audience');
  const issuer = chooseIssuer(asked, issuers);
  // SDKs derive the audience from the domain that they are given, which is the agent's own.
  const audience =
    asked !== undefined && isUnder(asked, origins) ? asked.replace(new URL(asked).origin, new URL(issuer.issuer).origin) : asked;
  const resource = texts.get('resource');
  const scope = texts.get('scope');
  const organization = texts.get('organization');
  const others = [...texts].filter(([name]) => !named.has(name));
  const tokenEndpoint = endpointOf(issuer);
  const request = {
    ...(tokenEndpoint === undefined ? { issuer: issuer.issuer } : { tokenEndpoint }),
    clientId: id,
    clientSecret: secret,
    clientAuthentication: isBasic ? ('client_secret_basic' as const) : ('client_secret_post' as const),
    ...(audience !== undefined && { audience }),
    ...(resource !== undefined && { resource }),
    ...(scope !== undefined && { scope }),
    ...(organization !== undefined && { organization }),
    ...(others.length > 0 && { parameters: Object.fromEntries(others) }),
  };
  return { request, issuer };
}

function chooseIssuer(audience: string | undefined, issuers: readonly PassThroughIssuer[]): PassThroughIssuer {
  const [only, ...others] = issuers;
  const meant = issuers.find(({ issuer }) => audience !== undefined && isUnder(audience, new Set([new URL(issuer).origin])));
  const chosen = others.length === 0 ? only : meant;
  if (chosen !== undefined) return chosen;
  // A secret is never sent to an issuer that might be another's.
  throw new Refusal(400, 'invalid_request', 'The agent passes several issuers through here; send the audience of one of their own APIs.');
}

function textsOf(parameters: TokenParameters): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [name, value] of parameters) {
    const text = name === 'scope' && Array.isArray(value) ? value.join(' ') : value;
    if (typeof text !== 'string') throw new Refusal(400, 'invalid_request', `The parameter ${name.slice(0, 40)} must be a string.`);
    if (text !== '') texts.set(name, text);
  }
  for (const name of ['client_assertion', 'client_assertion_type']) {
    if (texts.has(name)) throw new Refusal(400, 'invalid_request', `${name} cannot be passed through; use a client secret.`);
  }
  return texts;
}

function isUnder(url: string, origins: ReadonlySet<string>): boolean {
  return URL.canParse(url) && origins.has(new URL(url).origin);
}
