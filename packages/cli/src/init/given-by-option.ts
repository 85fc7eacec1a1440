import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { AgentError, type ConfigPlaces } from '@evertoken/agent';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-code.ts';
import type { InitOptions } from './init-answers.ts';

/** The option that gave the value of each key of the token, for those that came from an option. */
function optionsByKey(options: InitOptions): Readonly<Record<string, string | undefined>> {
  const named = (value: string | undefined, option: string): string | undefined => (value === undefined ? undefined : option);
  return {
    domain: named(options.domain, '--domain'),
    issuer: named(options.issuer, '--issuer'),
    client_id: named(options.clientId, '--client-id'),
    client_secret: named(options.clientSecretFile, '--client-secret-file') ?? named(options.clientSecretEnv, '--client-secret-env'),
    audience: named(options.audience, '--audience'),
    scope: named(options.scope, '--scope'),
  };
}

/** `places` with the option in place of the line of the config file for each value that an option gave: what is refused is written nowhere yet. */
export function placesOf(options: InitOptions, places: ConfigPlaces): ConfigPlaces {
  const by = optionsByKey(options);
  return {
    issuer: by['domain'] ?? by['issuer'] ?? places.issuer,
    clientId: by['client_id'] ?? places.clientId,
    clientSecret: by['client_secret'] ?? places.clientSecret,
    audience: by['audience'] ?? places.audience,
    scope: by['scope'] ?? places.scope,
  };
}

/**
 * What to say where the agent refuses the config that was made of the answers: each problem with the option or key that it is of, and no file. Undefined where
 * nothing but the secret is missing, and `--offline` is given: it may be put there later, or on another machine. `cwd`: what a relative path is relative to.
 */
export function refusedAnswers(error: unknown, options: InitOptions, cwd: string): unknown {
  if (!(error instanceof AgentError) || error.code !== 'config_invalid') return error;
  const by = optionsByKey(options);
  const placeOf = (path: string): string => by[/^tokens\.[^.]+\.(\w+)/.exec(path)?.[1] ?? ''] ?? path;
  const isLater = options.offline === true && mayHaveSecretLater(options, cwd);
  const problems = error.problems
    .filter(({ path }) => !isLater || !/\.client_secret\b/.test(path))
    .toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0));
  if (problems.length === 0) return undefined;
  const lines = problems.map(({ path, message }) => `${placeOf(path)}: ${message}`);
  return new CliError({
    problem: lines.length === 1 ? `${lines[0]}` : `No config can be made of this:\n${lines.join('\n')}`,
    step: 'Correct that, and run it again.',
    exitCode: exitCode.usage,
    cause: error,
  });
}

/** Whether what the options name can come to hold a secret: a file that is not there yet, or is not to be read by this user, and a variable that can be set. */
function mayHaveSecretLater({ clientSecretFile: path, clientSecretEnv: name }: InitOptions, cwd: string): boolean {
  if (path === undefined) return name === undefined || /^[A-Za-z_][\w.-]*$/.test(name);
  try {
    return statSync(resolve(cwd, path)).isFile();
  } catch {
    return true;
  }
}
