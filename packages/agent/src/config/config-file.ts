import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { App } from '../apps/app-directory.ts';
import type { TokenConfig } from './agent-config.ts';
import { type ConfigDocument, parseConfigDocument } from './config-document.ts';
import type { ConfigProblem } from './config-problem.ts';
import { type ConfigFile, configSchema } from './config-schema.ts';
import { describeIssues } from './describe-issues.ts';
import { defaultTokenName, type Environment, tokenOfEnvironment } from './environment.ts';
import { didYouMean } from './nearest-name.ts';
import { readTokenEntry } from './token-entry.ts';

/** What a config file says. */
export interface ConfigFileContent {
  readonly tokens: readonly TokenConfig[];
  readonly apps: readonly App[];
  readonly listen: ConfigFile['listen'];
  /** Absolute folder of the file store, where the file names one. */
  readonly storeFolder: string | undefined;
}

/** Reads and checks a whole config file; answers what it says, or everything that is wrong with it. Without `tokens:` the environment names the token. */
export async function readConfigFile(
  path: string,
  env: Environment,
): Promise<{ content: ConfigFileContent } | { problems: readonly ConfigProblem[] }> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    return { problems: [{ path: '', line: undefined, message: whyUnread((error as NodeJS.ErrnoException).code) }] };
  }
  const parsed = parseConfigDocument(text);
  if ('problems' in parsed) return parsed;
  const { document } = parsed;
  const checked = configSchema.safeParse(document.value);
  const problems = checked.success ? [] : describeIssues(checked.error.issues, document);
  const raw = (typeof document.value === 'object' && document.value !== null ? document.value : {}) as Record<string, unknown>;

  const folder = dirname(resolve(path));
  const tokens: TokenConfig[] = [];
  for (const [name, entry] of entriesOf(raw['tokens'])) {
    const placeOf = (key: string): string => `tokens.${name}.${key} in ${basename(path)}, line ${document.lineOf(['tokens', name, key])}`;
    const read = await readTokenEntry(name, entry, { env, folder, placeOf });
    tokens.push(read.token);
    for (const { key, message } of read.problems) {
      const place = key === undefined ? ['tokens', name] : ['tokens', name, key];
      problems.push({ path: place.join('.'), line: document.lineOf(place), message });
    }
  }
  if (raw['tokens'] === undefined) {
    const fromEnvironment = tokenOfEnvironment(env);
    if ('token' in fromEnvironment) tokens.push(fromEnvironment.token);
    else problems.push(...fromEnvironment.problems);
  }
  problems.push(...problemsOfApps(raw['apps'], tokens, document));
  if (problems.length > 0 || !checked.success) return { problems };

  const file = checked.data;
  const storeFolder = file.store?.file.folder;
  return {
    content: {
      tokens,
      apps: Object.entries(file.apps ?? {}).map(([name, app]) => ({
        name,
        keys: [app.key_sha256].flat().map((hash) => ({ hash: hash.toLowerCase(), notAfter: undefined })),
        tokens: app.tokens ?? [],
        proxy: new Map(Object.entries(app.proxy ?? {})),
        rate: undefined,
      })),
      listen: file.listen,
      storeFolder: storeFolder === undefined ? undefined : resolve(folder, storeFolder),
    },
  };
}

function whyUnread(code: string | undefined): string {
  if (code === 'ENOENT') return 'the file does not exist; create it or name another one';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'the file is no UTF-8 text; save it as UTF-8';
  return `the file cannot be read (${code}); let this user read it, or name another one`;
}

/** What is wrong in `apps:` beyond its form: nobody named, tokens that do not exist, a proxy to nowhere. */
function problemsOfApps(apps: unknown, tokens: readonly TokenConfig[], document: ConfigDocument): ConfigProblem[] {
  const entries = entriesOf(apps);
  if (entries.length === 0) {
    const message = 'no app is named, so no program could use the agent; `evertoken key new NAME` prints the lines to add under `apps:`';
    return [{ path: 'apps', line: document.lineOf(['apps']), message }];
  }
  const problems: ConfigProblem[] = [];
  const known = tokens.map((token) => token.name);
  const check = (name: string, place: readonly (string | number)[], isProxied: boolean): void => {
    const add = (message: string): void => void problems.push({ path: place.join('.'), line: document.lineOf(place), message });
    const token = tokens.find((candidate) => candidate.name === name);
    if (token === undefined) add(`no token is named \`${name}\`${didYouMean(name, known)}`);
    else if (isProxied && token.apiOrigin === undefined) {
      const where = token.name === defaultTokenName ? 'make its audience an https URL' : `add \`api: https://…\` to \`tokens.${name}\``;
      add(`the audience of \`${name}\` names no host to send calls to; ${where}`);
    }
  };
  for (const [app, entry] of entries) {
    const { tokens: readable, proxy } = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>;
    if (Array.isArray(readable)) for (const [index, name] of readable.entries()) check(String(name), ['apps', app, 'tokens', index], false);
    for (const [name] of entriesOf(proxy)) check(name, ['apps', app, 'proxy', name], true);
  }
  return problems;
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}
