import type { TokenConfig } from './agent-config.ts';
import { type Reference, referenceSchema, type TokenEntry } from './config-schema.ts';
import { apiOriginOf, problemOfDomain, problemOfTarget } from './issuer-address.ts';
import { openSecretSource, type ReferenceContext, readReference } from './reference.ts';

/** A problem of one key of a token. */
export interface EntryProblem {
  readonly key: string | undefined;
  readonly message: string;
}

const referenceKeys = ['domain', 'client_id', 'audience'] as const;

/**
 * Reads what an entry of `tokens` refers to and checks what no schema can. `entry` may be any value: of one that the schema refused,
 * all that can still be judged is, so that every mistake is found at once.
 */
export async function readTokenEntry(
  name: string,
  entry: unknown,
  context: ReferenceContext & { placeOf: (key: string) => string },
): Promise<{ problems: readonly EntryProblem[]; token: TokenConfig }> {
  const fields = (typeof entry === 'object' && entry !== null ? entry : {}) as Partial<Record<keyof TokenEntry, unknown>>;
  const problems: EntryProblem[] = [];
  const values: { [Key in (typeof referenceKeys)[number]]?: string } = {};
  for (const key of referenceKeys) {
    const reference = asReference(fields[key]);
    if (reference === undefined) continue;
    await attempt(problems, key, async () => {
      values[key] = await readReference(reference, context);
    });
  }
  let clientSecret: TokenConfig['request']['clientSecret'] = '';
  const secret = asReference(fields.client_secret);
  if (secret !== undefined) {
    await attempt(problems, 'client_secret', async () => {
      clientSecret = await openSecretSource(secret, context);
    });
  }

  const {
    token_endpoint: tokenEndpoint,
    api,
    scope,
    organization,
    token_endpoint_auth_method: clientAuthentication,
  } = fields as TokenEntry;
  if ((fields.domain === undefined) === (tokenEndpoint === undefined)) {
    problems.push({ key: undefined, message: 'name the issuer by exactly one of `domain`, `token_endpoint`' });
  }
  note(problems, 'domain', values.domain === undefined ? undefined : problemOfDomain(values.domain));
  if (typeof tokenEndpoint === 'string') note(problems, 'token_endpoint', problemOfTarget(tokenEndpoint));
  if (typeof api === 'string')
    note(
      problems,
      'api',
      problemOfTarget(api) ?? (new URL(api).pathname === '/' ? undefined : `\`${api}\` is to be an origin, without a path`),
    );

  const { domain, client_id: clientId = '', audience } = values;
  const place = context.placeOf;
  return {
    problems,
    token: {
      name,
      request: {
        clientId,
        clientSecret,
        ...(domain !== undefined && { domain }),
        ...(tokenEndpoint !== undefined && { tokenEndpoint }),
        ...(audience !== undefined && { audience }),
        ...(scope !== undefined && { scope }),
        ...(organization !== undefined && { organization }),
        ...(clientAuthentication !== undefined && { clientAuthentication }),
      },
      apiOrigin: apiOriginOf(api ?? audience ?? (domain === undefined ? undefined : `https://${domain}/api/v2/`)),
      places: {
        issuer: place(domain === undefined ? 'token_endpoint' : 'domain'),
        clientId: place('client_id'),
        clientSecret: place('client_secret'),
        audience: place('audience'),
        scope: place('scope'),
      },
    },
  };
}

function asReference(value: unknown): Reference | undefined {
  const parsed = referenceSchema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

async function attempt(problems: EntryProblem[], key: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    problems.push({ key, message: (error as Error).message });
  }
}

function note(problems: EntryProblem[], key: string, message: string | undefined): void {
  if (message !== undefined) problems.push({ key, message });
}
