import { type SecretSource, TokenKeeper, type TokenRequest } from '@evertoken/client';
import type { TokenConfig } from './agent-config.ts';
import { apiOriginOf, problemOfDomain, problemOfTarget } from './issuer-address.ts';
import { openPrivateKey } from './private-key.ts';
import { openSecretSource, type ReferenceContext, readReference } from './reference.ts';
import { type Reference, referenceSchema } from './schema-parts.ts';
import { type TokenEntry, tokenSchema } from './token-schema.ts';

/** A problem of one key of a token; without a key, of the whole. */
export interface EntryProblem {
  readonly key: string | undefined;
  readonly message: string;
  /** Whether it is of a reference that cannot be read or used now. */
  readonly isUnread?: true;
}

type Fields = { readonly [Key in keyof TokenEntry]?: unknown };
type ReadValues = { [Key in (typeof referenceKeys)[number]]?: string };

const issuerKeys = ['domain', 'issuer', 'token_endpoint'] as const;
const referenceKeys = [...issuerKeys, 'client_id', 'audience'] as const;

/**
 * Reads what an entry of `tokens` refers to, and checks what the schema cannot. `entry` may be any value: where the schema refused it, the rest of it is
 * checked all the same, so that all mistakes are reported at once.
 */
export async function readTokenEntry(
  name: string,
  entry: unknown,
  context: ReferenceContext & { placeOf: (key: string) => string },
): Promise<{ problems: readonly EntryProblem[]; token: TokenConfig }> {
  const fields = (typeof entry === 'object' && entry !== null ? entry : {}) as Fields;
  const problems: EntryProblem[] = [];
  const values: ReadValues = {};
  for (const key of referenceKeys) {
    const reference = asReference(fields[key]);
    if (reference === undefined) continue;
    const read = async (): Promise<void> => {
      values[key] = await readReference(reference, context);
    };
    await attempt(problems, key, read, { isUnread: true });
  }
  const credential = await readCredential(fields, context, problems);
  checkIssuer(fields, values, problems);

  const { api, resource, api_read_timeout_ms: apiReadTimeoutMs } = fields as TokenEntry;
  if (typeof api === 'string') {
    const isOrigin = problemOfTarget(api) !== undefined || new URL(api).pathname === '/';
    note(problems, 'api', problemOfTarget(api) ?? (isOrigin ? undefined : `\`${api}\` is to be an origin, without a path`));
  }
  const { domain, audience } = values;
  const request = requestOf(fields as TokenEntry, values, credential);
  if (problems.length === 0 && tokenSchema.safeParse(entry).success) problems.push(...problemsOfRequest(request));
  const place = context.placeOf;
  return {
    problems,
    token: {
      name,
      request,
      apiOrigin: apiOriginOf(api ?? audience ?? resource ?? (domain === undefined ? undefined : `https://${domain}/api/v2/`)),
      ...(apiReadTimeoutMs !== undefined && { apiReadTimeoutMs }),
      places: {
        issuer: place(issuerKeys.find((key) => fields[key] !== undefined) ?? 'domain'),
        clientId: place('client_id'),
        clientSecret: place(fields.private_key === undefined ? 'client_secret' : 'private_key'),
        audience: place(fields.audience === undefined && resource !== undefined ? 'resource' : 'audience'),
        scope: place('scope'),
      },
    },
  };
}

type Credential = Pick<TokenRequest, 'clientSecret' | 'privateKey'>;

async function readCredential(fields: Fields, context: ReferenceContext, problems: EntryProblem[]): Promise<Credential> {
  const { client_secret: secret, private_key: privateKey, alg, kid } = fields as TokenEntry;
  if ((secret === undefined) === (privateKey === undefined)) {
    problems.push({ key: undefined, message: 'name what proves the client: exactly one of `client_secret`, `private_key`' });
  }
  const credential: { -readonly [Key in keyof Credential]: Credential[Key] } = {};
  const sources: SecretSource[] = [];
  for (const [index, item] of [secret ?? []].flat().entries()) {
    const reference = asReference(item);
    if (reference === undefined) continue;
    const key = Array.isArray(secret) ? `client_secret.${index}` : 'client_secret';
    await attempt(problems, key, async () => void sources.push(await openSecretSource(reference, context)), { isUnread: true });
  }
  if (sources[0] !== undefined) credential.clientSecret = sources.length === 1 ? sources[0] : sources;
  const reference = asReference(privateKey);
  if (reference !== undefined) {
    const read = async (): Promise<void> => {
      credential.privateKey = await openPrivateKey(reference, { alg, kid }, context);
    };
    await attempt(problems, 'private_key', read, { isUnread: true });
  } else if (privateKey === undefined) {
    for (const key of ['alg', 'kid'] as const)
      note(problems, key, fields[key] === undefined ? undefined : 'is of use with `private_key` alone; leave it out');
  }
  return credential;
}

function checkIssuer(fields: Fields, values: ReadValues, problems: EntryProblem[]): void {
  if (issuerKeys.filter((key) => fields[key] !== undefined).length !== 1) {
    problems.push({ key: undefined, message: 'name the issuer by exactly one of `domain`, `issuer`, `token_endpoint`' });
  }
  note(problems, 'domain', values.domain === undefined ? undefined : problemOfDomain(values.domain));
  for (const key of ['issuer', 'token_endpoint'] as const) {
    const url = values[key];
    note(problems, key, url === undefined ? undefined : problemOfTarget(url));
  }
}

function requestOf(entry: TokenEntry, values: ReadValues, credential: Credential): TokenRequest {
  const { scope, organization, resource, parameters, token_endpoint_auth_method: clientAuthentication } = entry;
  const { domain, issuer, token_endpoint: tokenEndpoint, client_id: clientId = '', audience } = values;
  return {
    clientId,
    ...credential,
    ...(domain !== undefined && { domain }),
    ...(issuer !== undefined && { issuer }),
    ...(tokenEndpoint !== undefined && { tokenEndpoint }),
    ...(audience !== undefined && { audience }),
    ...(resource !== undefined && { resource }),
    ...(scope !== undefined && { scope }),
    ...(organization !== undefined && { organization }),
    ...(parameters !== undefined && { parameters }),
    ...(clientAuthentication !== undefined && { clientAuthentication }),
  };
}

/** What the client package itself would refuse, with the names that the keys have in the file. */
function problemsOfRequest(request: TokenRequest): EntryProblem[] {
  try {
    // This asks no issuer: such a keeper mints only when a token is asked for.
    new TokenKeeper({ schedule: 'on-access' }).keep(request);
    return [];
  } catch (error) {
    const message = (error as Error).message.replaceAll(
      /`([a-z]+[A-Za-z]*)\b/g,
      (_all, option: string) => `\`${fileNames[option] ?? option}`,
    );
    return [{ key: /`([a-z_]+)/.exec(message)?.[1], message }];
  }
}

const fileNames: Readonly<Record<string, string>> = {
  clientId: 'client_id',
  clientSecret: 'client_secret',
  privateKey: 'private_key',
  tokenEndpoint: 'token_endpoint',
  clientAuthentication: 'token_endpoint_auth_method',
};

function asReference(value: unknown): Reference | undefined {
  const parsed = referenceSchema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

async function attempt(
  problems: EntryProblem[],
  key: string,
  action: () => Promise<void>,
  kind: Pick<EntryProblem, 'isUnread'>,
): Promise<void> {
  try {
    await action();
  } catch (error) {
    problems.push({ key, message: (error as Error).message, ...kind });
  }
}

function note(problems: EntryProblem[], key: string, message: string | undefined): void {
  if (message !== undefined) problems.push({ key, message });
}
