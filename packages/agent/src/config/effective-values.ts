import { basename } from 'node:path';
import { defaultPolicy } from '@evertoken/client';
import { formatListenAddress } from '@evertoken/service';
import type { AgentConfig, EffectiveValue } from './agent-config.ts';
import { configJsonSchema } from './config-json-schema.ts';
import type { ConfigLayers } from './config-layers.ts';
import { policyEntryOf } from './policy-schema.ts';
import { entriesOf } from './raw-value.ts';

/** The values that were written down, in the order of the file. */
export function writtenValues(layers: ConfigLayers, file: string | undefined): EffectiveValue[] {
  const values: EffectiveValue[] = [];
  const visit = (value: unknown, path: readonly string[]): void => {
    const entries = entriesOf(value);
    // Parameters of a token request may have any name, `env` too.
    const isReference = ['env', 'file', 'command'].includes(entries[0]?.[0] ?? '') && path.length > 2 && !isParameters(path);
    if (entries.length > 0 && !(isReference && entries.length === 1)) {
      for (const [key, part] of entries) visit(part, [...path, key]);
      return;
    }
    if (path.length === 0) return;
    const origin = layers.originOf(path);
    const from = origin.kind === 'environment' ? origin.name : `${basename(file ?? '')}:${origin.line}`;
    values.push({ key: path.join('.'), value: isSecret(path) ? withoutLiterals(value) : JSON.stringify(value), from });
  };
  visit(layers.value, []);
  return values;
}

/** The default values of the keys that are not among `written`. */
export function defaultValues(config: Omit<AgentConfig, 'values'>, written: readonly EffectiveValue[]): EffectiveValue[] {
  const policy = Object.entries(policyEntryOf(config.policy)).map(([name, value]) => [`policy.${name}`, value] as const);
  const implied = config.tokens.flatMap(({ name, request }) =>
    request.domain === undefined || request.audience !== undefined
      ? []
      : [[`tokens.${name}.audience`, `https://${request.domain}/api/v2/`] as const],
  );
  const simple = ['hosts', 'allow_remote', 'pass_through', 'files', 'audit'].map(
    (key) => [key, configJsonSchema().properties?.[key]?.default] as const,
  );
  const all: readonly (readonly [string, unknown])[] = [
    ...implied,
    ['listen', config.listen.map(formatListenAddress)],
    ...simple,
    ['store.file.folder', config.store.folder],
    ...policy,
  ];
  const isGiven = (key: string): boolean => written.some((value) => value.key === key || value.key.startsWith(`${key}.`));
  return all
    .filter(([key]) => !isGiven(key))
    .map(([key, value]) => ({ key, value: value === defaultPolicy.maxMintsPerDay ? 'no limit' : JSON.stringify(value), from: 'default' }));
}

const proxyNames = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'];

/** Variables that take effect without being keys of the config. User names and passwords in the URLs of proxies are left out. */
export function outboundValues(env: Readonly<Record<string, string | undefined>>): EffectiveValue[] {
  const shown = (name: string, value: string): string => JSON.stringify(proxyNames.includes(name) ? withoutCredentials(value) : value);
  return [...proxyNames, 'no_proxy', 'NO_PROXY', 'NODE_EXTRA_CA_CERTS'].flatMap((name) => {
    const value = env[name];
    return value === undefined || value === '' ? [] : [{ key: `(${name.toLowerCase()})`, value: shown(name, value), from: name }];
  });
}

/** A password may hold characters that a URL does not allow, so everything before the last `@` is taken for credentials. */
function withoutCredentials(url: string): string {
  return url.replace(/^(\w+:\/\/)?.*@/s, '$1(credentials)@');
}

const secretsOfStores = ['url', 'password', 'key', 'keys', 'namespace_key'];

function isSecret(path: readonly string[]): boolean {
  if (path[0] === 'store') return path.length > 2 && secretsOfStores.includes(path.at(-1) ?? '');
  // Issuers take passwords and assertions as parameters of their own.
  return path[0] === 'tokens' && ['client_secret', 'private_key', 'parameters'].includes(path[2] ?? '');
}

function isParameters(path: readonly string[]): boolean {
  return path[0] === 'tokens' && path[2] === 'parameters' && path.length === 3;
}

/** References as they were written, with everything else blotted out: it could be a secret. */
function withoutLiterals(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(withoutLiterals).join(', ')}]`;
  return entriesOf(value).length === 1 ? JSON.stringify(value) : '(literal)';
}

/** The variables that declare the token `default`, where nothing else does. */
export function auth0Values(layers: ConfigLayers, env: Readonly<Record<string, string | undefined>>): EffectiveValue[] {
  if (entriesOf(layers.value).some(([key]) => key === 'tokens')) return [];
  const keys = {
    domain: 'AUTH0_DOMAIN',
    client_id: 'AUTH0_CLIENT_ID',
    client_secret: 'AUTH0_CLIENT_SECRET',
    audience: 'AUTH0_AUDIENCE',
    scope: 'AUTH0_SCOPE',
  };
  return Object.entries(keys).flatMap(([key, name]) =>
    env[name]
      ? [{ key: `tokens.default.${key}`, value: key === 'client_secret' ? '(literal)' : JSON.stringify(env[name]), from: name }]
      : [],
  );
}
