import type { ListenAddress } from '@evertoken/service';
import type { App, AppKey, Rate } from '../apps/app-directory.ts';
import type { TokenConfig } from './agent-config.ts';
import type { AppEntry } from './app-schema.ts';
import { type ConfigLayers, problemAt } from './config-layers.ts';
import type { ConfigProblem } from './config-problem.ts';
import { defaultTokenName } from './environment.ts';
import { didYouMean } from './nearest-name.ts';
import { entriesOf } from './raw-value.ts';

/** The app that an entry of `apps`, already checked, describes. */
export function appOf(name: string, entry: AppEntry): App {
  const { key_sha256: hashes = [], keys = [], tokens = [], proxy = {}, rate } = entry;
  const appKeys: AppKey[] = [
    ...[hashes].flat().map((hash) => ({ hash: hash.toLowerCase(), notAfter: undefined })),
    ...keys.map(({ sha256, not_after: notAfter }) => ({ hash: sha256.toLowerCase(), notAfter })),
  ];
  return { name, keys: appKeys, tokens, proxy: new Map(Object.entries(proxy)), rate: rateOf(rate) };
}

function rateOf(rate: AppEntry['rate']): Rate | undefined {
  if (rate === undefined || 'perSecond' in rate) return rate;
  return { perSecond: rate.per_second, burst: rate.burst };
}

/** What is wrong in `apps:` beyond its form: nobody named, tokens that do not exist, a proxy to nowhere. `apps` may be any value. */
export function problemsOfApps(apps: unknown, tokens: readonly TokenConfig[], layers: ConfigLayers): ConfigProblem[] {
  const entries = entriesOf(apps);
  if (entries.length === 0) {
    const message = 'no app is named, so no program could use the agent; `evertoken key new NAME` prints the lines to add under `apps:`';
    return [problemAt(layers, ['apps'], message)];
  }
  const problems: ConfigProblem[] = [];
  const known = tokens.map((token) => token.name);
  const check = (name: string, place: readonly (string | number)[], isProxied: boolean): void => {
    const token = tokens.find((candidate) => candidate.name === name);
    if (token === undefined) problems.push(problemAt(layers, place, `no token is named \`${name}\`${didYouMean(name, known)}`));
    else if (isProxied && token.apiOrigin === undefined) {
      const where = token.name === defaultTokenName ? 'make its audience an https URL' : `add \`api: https://…\` to \`tokens.${name}\``;
      problems.push(problemAt(layers, place, `the audience of \`${name}\` names no host to send calls to; ${where}`));
    }
  };
  for (const [app, entry] of entries) {
    const { tokens: readable, proxy } = Object.fromEntries(entriesOf(entry));
    if (Array.isArray(readable)) for (const [index, name] of readable.entries()) check(String(name), ['apps', app, 'tokens', index], false);
    for (const [name] of entriesOf(proxy)) check(name, ['apps', app, 'proxy', name], true);
  }
  return problems;
}

/**
 * What is wrong between apps and addresses: sockets of apps that do not exist, and apps with neither a key nor a socket, so that no program could prove to be
 * them. `listenOption` is the option that the addresses were given by, where they are not those of the config.
 */
export function problemsOfIdentity(
  apps: readonly App[],
  addresses: readonly ListenAddress[],
  { layers, hasDefaultApp, listenOption }: { layers: ConfigLayers; hasDefaultApp: boolean; listenOption: string | undefined },
): ConfigProblem[] {
  const names = [...apps.map(({ name }) => name), ...(hasDefaultApp ? ['local'] : [])];
  const socketsOf = addresses.flatMap((address) => (address.kind === 'unix' && address.app !== undefined ? [address.app] : []));
  const strangers = socketsOf.filter((app) => !names.includes(app));
  const unproven = apps.filter(({ name, keys }) => keys.length === 0 && !socketsOf.includes(name));
  return [
    ...strangers.map((app) => {
      const message = `no app is named \`${app}\`, for which a socket is to be${didYouMean(app, names)}`;
      return listenOption === undefined ? problemAt(layers, ['listen'], message) : { path: listenOption, line: undefined, message };
    }),
    ...unproven.map(({ name }) => {
      const step = `add \`key_sha256\` (\`evertoken key new ${name}\` prints it), \`keys\`, or a socket of its own to \`listen\``;
      return problemAt(layers, ['apps', name], `nothing could prove that a program is this app; ${step}`);
    }),
  ];
}
