import { browserClock } from '../../parts/page-clock.ts';
import { ApiProblem } from '../management/api-problem.ts';
import { askTenant } from '../management/ask-tenant.ts';
import { decodeToken } from './decode-token.ts';
import type { RequestFacts } from './token-request-code.ts';

/** What came of a token request that was tried. */
export interface TokenTrial {
  readonly status: number;
  /** As it came, but for the token in it. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly token: string | undefined;
  /** Undefined for a token that tells nothing. */
  readonly decoded: ReturnType<typeof decodeToken>;
  /** How the quotas of the application and its organization stand, as the answer tells; none where there are none. */
  readonly quotas: readonly (readonly [name: string, standing: string])[];
  readonly tookMs: number;
}

const quotaHeaders = ['Auth0-Client-Quota-Limit', 'Auth0-Organization-Quota-Limit'];

/** Asks the token endpoint, as a program does. @throws {ApiProblem} where there is no answer, or one that no token endpoint gives. */
export async function askForToken({ url, clientId, clientSecret, audience }: RequestFacts): Promise<TokenTrial> {
  const startedAt = browserClock.now();
  const answer = await askTenant(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: clientId, client_secret: clientSecret, audience, grant_type: 'client_credentials' }),
    credentials: 'omit',
  });
  const { access_token: token, ...body } = await objectIn(answer);
  const text = typeof token === 'string' ? token : undefined;
  return {
    status: answer.status,
    body,
    token: text,
    decoded: text === undefined ? undefined : decodeToken(text),
    quotas: quotaHeaders.flatMap((name) => {
      const standing = answer.headers.get(name);
      return standing === null ? [] : [[name, standing] as const];
    }),
    tookMs: browserClock.now() - startedAt,
  };
}

async function objectIn(answer: Response): Promise<Record<string, unknown>> {
  const value: unknown = await answer.json().catch(() => undefined);
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  // Of something that stands before the tenant.
  throw new ApiProblem(answer.status, `The answer has status ${answer.status}, and is not one of the tenant.`);
}
