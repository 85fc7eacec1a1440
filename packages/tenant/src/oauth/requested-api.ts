import type { IndexedResourceServer, TokenIndex } from '../issue/token-index.ts';
import type { IssuingApplication } from '../model/issuing-application.ts';
import { refusals } from './oauth-refusal.ts';
import type { TokenRequest } from './token-request.ts';

/**
 * The API that a token is requested for: the one that `audience` names, or `resource` where the tenant takes that, or the tenant's default.
 * `'none'`: the request names no API, and the tenant gives an opaque token for that, as older ones at Auth0 do. Throws {@link OAuthRefusal} `access_denied`.
 */
export function requestedApi(
  request: Pick<TokenRequest, 'audience' | 'resources'>,
  application: Pick<IssuingApplication, 'isGlobal'>,
  index: TokenIndex,
): IndexedResourceServer | 'none' {
  const { takesResource, defaultAudience, givesOpaqueTokens } = index.settings();
  const { audience, resources } = request;
  if (audience === undefined && takesResource && resources.length > 1) throw refusals.severalResources();
  const named = audience ?? (takesResource ? resources[0] : undefined);
  if (named === undefined && givesOpaqueTokens) return 'none';
  const identifier = named ?? (application.isGlobal ? undefined : defaultAudience);
  if (identifier === undefined) throw refusals.noAudience();
  const resourceServer = index.resourceServer(identifier);
  if (resourceServer === undefined) throw refusals.unknownAudience(identifier);
  return resourceServer;
}
