import type { PassThroughIssuer } from './agent-config.ts';
import { type ConfigLayers, problemAt } from './config-layers.ts';
import type { ConfigProblem } from './config-problem.ts';
import { problemOfDomain, problemOfTarget } from './issuer-address.ts';

/** The issuers that `pass_through` names: Auth0 domains, whose token endpoint is known, and URLs, whose metadata names it. */
export function issuersOf(texts: readonly string[], layers: ConfigLayers, problems: ConfigProblem[]): readonly PassThroughIssuer[] {
  return texts.map((text, index) => {
    const isUrl = text.includes('://');
    const problem = isUrl ? problemOfTarget(text) : problemOfDomain(text);
    if (problem !== undefined) problems.push(problemAt(layers, ['pass_through', index], problem));
    return isUrl
      ? { issuer: text, tokenEndpoint: undefined }
      : { issuer: `https://${text}/`, tokenEndpoint: `https://${text}/oauth/token` };
  });
}
