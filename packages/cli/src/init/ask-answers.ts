import { isCancel, password, select, text } from '@clack/prompts';
import { nameProblemOf } from '@evertoken/agent';
import type { Terminal } from '../terminal.ts';
import { defaultAppName, defaultTokenName, type InitAnswers, type InitOptions, type SecretPlace } from './init-answers.ts';

/** Thrown where the person ends the dialogue. */
export class DialogueEnded extends Error {
  override readonly name: string = 'DialogueEnded';
}

/** Asks at the terminal for everything that the options leave open. Answers of an earlier round are proposed again. */
export async function askAnswers(options: InitOptions, before: InitAnswers | undefined, terminal: Terminal): Promise<InitAnswers> {
  const isAuth0 = options.issuer === undefined && (options.domain !== undefined || (await askKind(before)) === 'auth0');
  const domain = isAuth0
    ? (options.domain ?? (await ask('Domain of the tenant', 'acme.eu.auth0.com', before?.domain, domainProblem)))
    : undefined;
  const issuer = isAuth0
    ? undefined
    : (options.issuer ?? (await ask('URL of the issuer', 'https://login.example.com/realms/prod', before?.issuer, urlProblem)));
  const clientId = options.clientId ?? (await ask('Client id of the machine-to-machine application', '', before?.clientId));
  const secret = await askSecret(options, terminal);
  const asked =
    options.audience ??
    (await ask(
      'Identifier of the API (audience)',
      isAuth0 ? `empty for https://${domain}/api/v2/` : 'empty for none',
      before?.audience,
      () => undefined,
    ));
  const audience = asked === '' ? undefined : asked;
  const app =
    options.app ??
    (await ask('Name of the first program that will use it', defaultAppName, before?.app ?? defaultAppName, (name) => named(name)));
  return {
    ...(domain !== undefined && { domain }),
    ...(issuer !== undefined && { issuer }),
    clientId,
    secret,
    ...(audience !== undefined && { audience }),
    ...(options.scope !== undefined && { scope: options.scope }),
    token: options.token ?? defaultTokenName(domain, audience),
    app,
  };
}

async function askKind(before: InitAnswers | undefined): Promise<'auth0' | 'other'> {
  const choices = [
    { value: 'auth0' as const, label: 'Auth0', hint: 'a tenant like acme.eu.auth0.com' },
    { value: 'other' as const, label: 'another OAuth 2 issuer', hint: 'Keycloak, Okta, Entra ID, …' },
  ];
  return answered(
    await select({ message: 'Who issues the tokens?', options: choices, initialValue: before?.issuer === undefined ? 'auth0' : 'other' }),
  );
}

async function askSecret(options: InitOptions, terminal: Terminal): Promise<SecretPlace> {
  if (options.clientSecretFile !== undefined) return { kind: 'file', path: options.clientSecretFile };
  if (options.clientSecretEnv !== undefined) return { kind: 'env', name: options.clientSecretEnv };
  const kind = answered(
    await select({
      message: 'Where is the client secret?',
      options: [
        {
          value: 'typed' as const,
          label: 'I type or paste it',
          hint: 'it is kept in a private file of the state folder, not in evertoken.yaml',
        },
        { value: 'file' as const, label: 'in a file' },
        { value: 'env' as const, label: 'in an environment variable' },
      ],
    }),
  );
  if (kind === 'file') return { kind, path: await ask('Path of the file', '/run/secrets/auth0-client-secret', undefined) };
  if (kind === 'env') {
    const known = terminal.env['AUTH0_CLIENT_SECRET'] === undefined ? undefined : 'AUTH0_CLIENT_SECRET';
    return { kind, name: await ask('Name of the variable', 'AUTH0_CLIENT_SECRET', known) };
  }
  const secret = answered(await password({ message: 'Client secret', validate: (value) => (value ? undefined : 'It is empty.') }));
  return { kind, secret: secret.trim() };
}

async function ask(
  message: string,
  placeholder: string,
  initialValue: string | undefined,
  problemOf: (value: string) => string | undefined = (value) => (value === '' ? 'It is empty.' : undefined),
): Promise<string> {
  const answer = await text({
    message,
    placeholder,
    ...(initialValue !== undefined && { initialValue }),
    validate: (value) => problemOf((value ?? '').trim()),
  });
  return answered(answer ?? '').trim();
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new DialogueEnded('Nothing was written.');
  return answer as Exclude<T, symbol>;
}

function domainProblem(value: string): string | undefined {
  return /^[a-zA-Z0-9][a-zA-Z0-9.-]*(?::\d{1,5})?$/.test(value)
    ? undefined
    : 'A domain is a host alone, like acme.eu.auth0.com, without https:// and path.';
}

function urlProblem(value: string): string | undefined {
  return URL.canParse(value) && /^https?:/.test(value) ? undefined : 'An issuer is a URL, like https://login.example.com/realms/prod.';
}

function named(name: string): string | undefined {
  const problem = nameProblemOf(name);
  return problem === undefined ? undefined : `A name ${problem}.`;
}
