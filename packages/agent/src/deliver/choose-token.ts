import type { App } from '../apps/app-directory.ts';
import type { BookedToken } from '../tokens/booked-token.ts';
import type { TokenBook } from '../tokens/token-book.ts';
import { Refusal } from './refusal.ts';

/** The parts of a token request that tell which token is wanted. */
export interface WantedToken {
  readonly audience: string | undefined;
  readonly organization: string | undefined;
  /** Whether a token comes from the issuer whose token endpoint path was asked. */
  readonly isOfIssuer: (token: BookedToken) => boolean;
}

const audiences = new WeakMap<BookedToken, { readonly audience: string | undefined }>();

/** The audience that the issuer is asked for; it never changes. */
function audienceOf(token: BookedToken): string | undefined {
  const known = audiences.get(token) ?? { audience: token.status().request.audience };
  audiences.set(token, known);
  return known.audience;
}

/**
 * The token that an app means, and whether it may read it or only call through the proxy. `audience` is that of the token, or the same path under one of
 * the agent's own `origins`, which SDKs derive from the domain that they are given; without one, the app's only token is meant. Where several tokens fit, one
 * that the app may read comes first, then the order of the app's list decides.
 * @throws {Refusal} as Auth0 refuses; names nothing that the app may not know.
 */
export function chooseToken(
  app: App,
  book: TokenBook,
  wanted: WantedToken,
  origins: ReadonlySet<string>,
): { token: BookedToken; mayRead: boolean } {
  const names = app.proxy.size === 0 ? app.tokens : new Set([...app.tokens, ...app.proxy.keys()]);
  const own: BookedToken[] = [];
  for (const name of names) {
    const token = book.find(name);
    if (token !== undefined && wanted.isOfIssuer(token)) own.push(token);
  }
  const { audience, organization } = wanted;
  if (audience === undefined && own.length !== 1) {
    const hint =
      own.length === 0 ? 'This app has no token.' : `This app has several tokens; name one by its audience: ${audiencesOf(own)}.`;
    throw new Refusal(400, 'invalid_request', `Missing required parameter: audience. ${hint}`);
  }
  const fitting = audience === undefined ? own : own.filter((token) => isAudienceOf(audience, token, origins));
  if (fitting.length === 0) {
    throw new Refusal(
      403,
      'access_denied',
      `Service not enabled within domain: ${audience}. This app has: ${audiencesOf(own) || 'no token'}.`,
    );
  }
  const token = fitting.find((candidate) => organization === undefined || candidate.config.request.organization === organization);
  if (token === undefined) {
    throw new Refusal(403, 'access_denied', `No token of this app is for the organization ${organization}.`);
  }
  return { token, mayRead: app.tokens.includes(token.name) };
}

function isAudienceOf(audience: string, token: BookedToken, origins: ReadonlySet<string>): boolean {
  const upstream = audienceOf(token);
  if (upstream === undefined || audience === upstream) return audience === upstream;
  if (!URL.canParse(audience) || !URL.canParse(upstream)) return false;
  const url = new URL(audience);
  return origins.has(url.origin) && withoutSlash(url.pathname) === withoutSlash(new URL(upstream).pathname) && url.search === '';
}

function withoutSlash(path: string): string {
  return path.replace(/\/$/, '');
}

function audiencesOf(tokens: readonly BookedToken[]): string {
  return tokens.flatMap((token) => audienceOf(token) ?? []).join(', ');
}
