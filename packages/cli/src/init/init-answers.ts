import { nameProblemOf } from '@evertoken/agent';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-code.ts';

/** Where the client secret is to be read from. `typed` is put into a private file first. */
export type SecretPlace =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'typed'; readonly secret: string };

/** What a config file is written from. */
export interface InitAnswers {
  /** Exactly one of `domain` and `issuer`. */
  readonly domain?: string;
  readonly issuer?: string;
  readonly clientId: string;
  readonly secret: SecretPlace;
  readonly audience?: string;
  readonly scope?: string;
  readonly token: string;
  readonly app: string;
}

/** Options of `evertoken init`. */
export interface InitOptions {
  home?: string;
  config?: string;
  domain?: string;
  issuer?: string;
  clientId?: string;
  clientSecretFile?: string;
  clientSecretEnv?: string;
  audience?: string;
  scope?: string;
  token?: string;
  app?: string;
  offline?: boolean;
}

/** The answers that the options give; undefined where they leave a question open. */
export function answersOf(options: InitOptions): InitAnswers | undefined {
  const { domain, issuer, clientId, clientSecretFile: path, clientSecretEnv: name, audience, scope } = options;
  const secret: SecretPlace | undefined =
    path !== undefined ? { kind: 'file', path } : name !== undefined ? { kind: 'env', name } : undefined;
  if ((domain ?? issuer) === undefined || clientId === undefined || secret === undefined) return undefined;
  for (const [what, text] of [
    ['token', options.token],
    ['app', options.app],
  ] as const) {
    const problem = text === undefined ? undefined : nameProblemOf(text);
    if (problem === undefined) continue;
    throw new CliError({
      problem: `The name of the ${what} ${problem}`,
      place: `--${what} ${text}`,
      step: 'Choose such a name, like nightly-report.',
      exitCode: exitCode.usage,
    });
  }
  return {
    ...(domain !== undefined && { domain }),
    ...(issuer !== undefined && { issuer }),
    clientId,
    secret,
    ...(audience !== undefined && { audience }),
    ...(scope !== undefined && { scope }),
    token: options.token ?? defaultTokenName(domain, audience),
    app: options.app ?? defaultAppName,
  };
}

/** The options that are missing for `answersOf`. */
export function missingOptions(options: InitOptions): readonly string[] {
  return [
    ...((options.domain ?? options.issuer) === undefined ? ['--domain'] : []),
    ...(options.clientId === undefined ? ['--client-id'] : []),
    ...((options.clientSecretFile ?? options.clientSecretEnv) === undefined ? ['--client-secret-file'] : []),
  ];
}

/** Name of the first app. */
export const defaultAppName = 'local';

/** Name of the token. An Auth0 domain alone asks for the one of its Management API. */
export function defaultTokenName(domain: string | undefined, audience: string | undefined): string {
  const isManagement = domain !== undefined && (audience ?? `https://${domain}/api/v2/`) === `https://${domain}/api/v2/`;
  return isManagement ? 'management' : 'default';
}
