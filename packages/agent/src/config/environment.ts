import { readFile } from 'node:fs/promises';
import type { AgentConfig, OutboundConfig, TokenConfig } from './agent-config.ts';
import type { ConfigProblem } from './config-problem.ts';
import { apiOriginOf, problemOfDomain } from './issuer-address.ts';

/** Environment variables as they are handed in. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Name of the token that the environment declares. */
export const defaultTokenName = 'default';

const required = ['AUTH0_DOMAIN', 'AUTH0_CLIENT_ID', 'AUTH0_CLIENT_SECRET'] as const;

/** The token that `AUTH0_DOMAIN`, `AUTH0_CLIENT_ID`, `AUTH0_CLIENT_SECRET` and, where set, `AUTH0_AUDIENCE` and `AUTH0_SCOPE` declare. */
export function tokenOfEnvironment(env: Environment): { token: TokenConfig } | { problems: readonly ConfigProblem[] } {
  const missing = required.filter((name) => !isSet(env[name]));
  if (missing.length > 0) return { problems: [{ path: '', line: undefined, message: missingMessage(missing) }] };
  const { AUTH0_DOMAIN: domain = '', AUTH0_CLIENT_ID: clientId = '', AUTH0_CLIENT_SECRET: clientSecret = '' } = env;
  const domainProblem = problemOfDomain(domain);
  if (domainProblem !== undefined) return { problems: [{ path: 'AUTH0_DOMAIN', line: undefined, message: domainProblem }] };
  const audience = isSet(env['AUTH0_AUDIENCE']) ? env['AUTH0_AUDIENCE'] : undefined;
  const scope = isSet(env['AUTH0_SCOPE']) ? env['AUTH0_SCOPE'] : undefined;
  return {
    token: {
      name: defaultTokenName,
      request: { domain, clientId, clientSecret, ...(audience && { audience }), ...(scope && { scope }) },
      apiOrigin: apiOriginOf(audience ?? `https://${domain}/api/v2/`),
      places: {
        issuer: 'AUTH0_DOMAIN',
        clientId: 'AUTH0_CLIENT_ID',
        clientSecret: 'AUTH0_CLIENT_SECRET',
        audience: 'AUTH0_AUDIENCE',
        scope: 'AUTH0_SCOPE',
      },
    },
  };
}

/** Whether the environment has any part of such a token. */
export function hasTokenOfEnvironment(env: Environment): boolean {
  return required.some((name) => isSet(env[name]));
}

/**
 * How other hosts are reached, as the environment says. An unreadable `NODE_EXTRA_CA_CERTS` is ignored, as by Node.js itself, and told in `notes`. Proxies
 * with an invalid URL are added to `problems`.
 */
export async function outboundOfEnvironment(
  env: Environment,
  problems: ConfigProblem[],
  notes: string[],
): Promise<AgentConfig['outbound']> {
  const [httpProxy, httpsProxy] = [
    proxyOf(['http_proxy', 'HTTP_PROXY'], env, problems),
    proxyOf(['https_proxy', 'HTTPS_PROXY'], env, problems),
  ];
  const extraCa = await readExtraCa(env['NODE_EXTRA_CA_CERTS']);
  if (extraCa.extraCaProblem !== undefined) notes.push(`NODE_EXTRA_CA_CERTS is ignored: ${extraCa.extraCaProblem}`);
  return {
    httpProxy,
    httpsProxy,
    noProxy: env['no_proxy'] ?? env['NO_PROXY'] ?? '',
    ...extraCa,
  };
}

async function readExtraCa(path: string | undefined): Promise<Pick<OutboundConfig, 'extraCa' | 'extraCaProblem'>> {
  if (path === undefined || path === '') return { extraCa: [] };
  try {
    return { extraCa: [await readFile(path, 'utf8')] };
  } catch (error) {
    return { extraCa: [], extraCaProblem: `the file ${path} cannot be read (${(error as NodeJS.ErrnoException).code})` };
  }
}

/** The value of the first of these variables that is set. It is never shown: it may hold a password. */
function proxyOf(names: readonly [string, string], env: Environment, problems: ConfigProblem[]): string {
  const name = names.find((name) => env[name] !== undefined);
  const value = name === undefined ? '' : (env[name] ?? '');
  if (name === undefined || value === '' || isProxyUrl(value)) return value;
  const message =
    'is no URL of a proxy; write it like `http://proxy.example:3128`, with `/`, `@`, `#` and `?` of a password as %2F, %40, %23 and %3F';
  problems.push({ path: name, line: undefined, message });
  return '';
}

function isProxyUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text) && !/[#?]/.test(text) && /^\/?$/.test(new URL(text).pathname);
}

function missingMessage(missing: readonly string[]): string {
  const names = missing.length === 1 ? missing[0] : `${missing.slice(0, -1).join(', ')} and ${missing.at(-1)}`;
  return `${names} ${missing.length === 1 ? 'is' : 'are'} not set; set ${missing.length === 1 ? 'it' : 'them'}, or name a config file with \`tokens:\``;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
