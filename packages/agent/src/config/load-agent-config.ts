import { basename, dirname, resolve } from 'node:path';
import type { StateFolder } from '@evertoken/service';
import { AgentError } from '../agent-error.ts';
import type { AgentConfig, TokenConfig } from './agent-config.ts';
import { appOf, problemsOfApps, problemsOfIdentity } from './app-entry.ts';
import { readConfigFile } from './config-file.ts';
import { ConfigLayers, problemAt } from './config-layers.ts';
import { type ConfigProblem, formatProblems } from './config-problem.ts';
import { type ConfigFile, configSchema } from './config-schema.ts';
import { describeIssues } from './describe-issues.ts';
import { auth0Values, defaultValues, outboundValues, writtenValues } from './effective-values.ts';
import { type Environment, hasTokenOfEnvironment, outboundOfEnvironment, tokenOfEnvironment } from './environment.ts';
import { keysOfEnvironment } from './environment-keys.ts';
import { readFileEntries } from './file-entry.ts';
import { addressesOf } from './listen-entry.ts';
import { ownPlacesOf } from './own-places.ts';
import { issuersOf } from './pass-through-entry.ts';
import { policyOf } from './policy-schema.ts';
import { entriesOf, problemsOfPrototypeKeys } from './raw-value.ts';
import { sharedStoreOf } from './store-entry.ts';
import { readTokenEntry } from './token-entry.ts';
import { type UnreadReferences, UnreadReferencesError } from './unread-references.ts';

/** Where an agent's config comes from. */
export interface AgentConfigSource {
  /** Path of the config file. Without a file, and with no app in the environment, there is one app `local`. */
  readonly file?: string;
  /** `EVERTOKEN_…` stands for any key of the file and wins over it; without `tokens`, `AUTH0_*` declare one token `default`. */
  readonly env: Environment;
  readonly folder: StateFolder;
  /** Addresses of the command line, to listen on in place of all others. */
  readonly listen?: readonly string[];
  /** The option that they were given by, for messages. Default `--listen`. */
  readonly listenOption?: string;
  /** Whether `file` was read before. A pipe, such as a shell makes of `--config <(…)`, is then refused: it gives what it holds only once. Default false. */
  readonly isReload?: boolean;
}

/**
 * Reads the config, checks it whole and freezes it. Default addresses: `unix:<state folder>/agent.sock` (left out where the path is too
 * long for a socket), `http://127.0.0.1:8400`, `https://localhost:8401`.
 *
 * @throws {AgentError} `config_invalid`; the message lists every problem with its place. {@link UnreadReferencesError} where references that cannot be read are all.
 */
export async function loadAgentConfig(source: AgentConfigSource): Promise<AgentConfig> {
  const { file, env, isReload = false } = source;
  const nothing = { document: undefined, digest: undefined, note: undefined };
  const read = file === undefined ? nothing : await readConfigFile(file, { isReload });
  if ('problems' in read) throw invalidConfig(source, read.problems, read.step);
  const namesAt = (path: readonly string[]): readonly string[] => {
    const value = path.reduce<unknown>((value, key) => Object.fromEntries(entriesOf(value))[key], read.document?.value);
    return entriesOf(value).map(([name]) => name);
  };
  const { keys, problems: strays } = keysOfEnvironment(env, namesAt);
  const layers = new ConfigLayers(read.document, keys);
  const checked = configSchema.safeParse(layers.value);
  const problems = [
    ...strays,
    ...problemsOfPrototypeKeys(layers),
    ...(checked.success ? [] : describeIssues(checked.error.issues, layers)),
  ];

  const raw = Object.fromEntries(entriesOf(layers.value));
  const unread: UnreadReferences = new Map();
  const isPassing = hasItems(raw['pass_through']);
  // Clients that are passed through need neither a token nor an app of ours.
  const isPassingAlone = isPassing && raw['tokens'] === undefined && !hasTokenOfEnvironment(env);
  const tokens = isPassingAlone ? [] : await readTokens(raw['tokens'], layers, { source, problems, unread });
  const hasDefaultApp = file === undefined && raw['apps'] === undefined && !isPassingAlone;
  // Nor do programs that read files.
  const mayLackApps = hasDefaultApp || ((isPassing || hasItems(raw['files'])) && entriesOf(raw['apps']).length === 0);
  if (!mayLackApps) problems.push(...problemsOfApps(raw['apps'], tokens, layers));
  // A value that the schema refused is not checked any further.
  const content: ConfigFile = checked.success ? checked.data : {};
  const { note, digest: fileDigest } = read;
  const config = await compose(content, layers, {
    source,
    tokens,
    hasDefaultApp,
    fileDigest,
    problems,
    unread,
    notes: note === undefined ? [] : [note],
  });
  if (problems.length > unread.size) throw invalidConfig(source, problems);
  if (problems.length > 0) {
    const { problem, step } = invalidConfig(source, problems);
    throw new UnreadReferencesError({ problem, step, problems, config, parts: [...new Set(unread.values())] });
  }
  return deepFreeze(config);
}

/** What the steps of a load share. Each adds what it finds wrong to `problems`. */
interface Loading {
  readonly source: AgentConfigSource;
  readonly problems: ConfigProblem[];
  /** Which of the problems are of references that cannot be read. */
  readonly unread: UnreadReferences;
}

async function readTokens(raw: unknown, layers: ConfigLayers, { source, problems, unread }: Loading): Promise<TokenConfig[]> {
  const { file, env } = source;
  if (raw === undefined) {
    const fromEnvironment = tokenOfEnvironment(env);
    if ('token' in fromEnvironment) return [fromEnvironment.token];
    problems.push(...fromEnvironment.problems);
  }
  const tokens: TokenConfig[] = [];
  for (const [name, entry] of entriesOf(raw)) {
    const placeOf = (key: string): string => {
      const origin = layers.originOf(['tokens', name, key]);
      return origin.kind === 'environment' ? origin.name : `tokens.${name}.${key} in ${basename(file ?? '')}, line ${origin.line}`;
    };
    const read = await readTokenEntry(name, entry, { env, folder: folderOf(source), placeOf });
    tokens.push(read.token);
    for (const { key, message, isUnread } of read.problems) {
      const problem = problemAt(layers, ['tokens', name, ...(key === undefined ? [] : key.split('.'))], message);
      problems.push(problem);
      if (isUnread) unread.set(problem, `tokens.${name}`);
    }
  }
  return tokens;
}

async function compose(
  content: ConfigFile,
  layers: ConfigLayers,
  loading: Loading & { tokens: readonly TokenConfig[]; hasDefaultApp: boolean; fileDigest: string | undefined; notes: string[] },
): Promise<AgentConfig> {
  const { source, tokens, hasDefaultApp, fileDigest, problems, unread, notes } = loading;
  const { file, env, folder } = source;
  const from = folderOf(source);
  const apps = Object.entries(content.apps ?? {}).map(([name, entry]) => appOf(name, entry));
  const allowRemote = content.allow_remote ?? false;
  const given = source.listen && { texts: source.listen, option: optionOf(source) };
  const listen = addressesOf(content.listen, { given, folder, allowRemote, layers, problems, notes });
  problems.push(...problemsOfIdentity(apps, listen, { layers, hasDefaultApp, listenOption: given?.option }));
  const { audit = 'stdout', tls, store = {} } = content;
  const parts = {
    file: file === undefined ? undefined : resolve(file),
    fileDigest,
    tokens,
    apps,
    hasDefaultApp,
    listen,
    metricsListen: addressesOf(content.metrics?.listen ?? [], {
      allowRemote,
      layers,
      problems,
      notes,
      key: ['metrics', 'listen'],
      beside: listen,
    }),
    hosts: (content.hosts ?? []).map((host) => host.toLowerCase()),
    allowRemote,
    tls: tls && { certPath: resolve(from, tls.cert), keyPath: resolve(from, tls.key) },
    passThrough: issuersOf(content.pass_through ?? [], layers, problems),
    policy: policyOf(content.policy ?? {}),
    audit:
      typeof audit === 'object'
        ? { kind: 'file', path: resolve(from, audit.file), maxBytes: Math.round((audit.max_size_mb ?? 100) * 1e6), keep: audit.keep ?? 5 }
        : { kind: audit === 'stdout' ? 'stdout' : 'off' },
    store: {
      folder: store.file?.folder === undefined ? folder.file('tokens') : resolve(from, store.file.folder),
      shared: await sharedStoreOf(store, { layers, context: { env, folder: from }, problems, unread }),
    },
    outbound: await outboundOfEnvironment(env, problems, notes),
    notes,
  } satisfies Omit<AgentConfig, 'files' | 'values'>;
  const own = await ownPlacesOf(parts, { stateFolder: folder.path, folder: from, value: layers.value });
  const files = await readFileEntries(content.files ?? [], { layers, folder: from, tokens: tokens.map(({ name }) => name), own });
  problems.push(...files.problems);
  const config: Omit<AgentConfig, 'values'> = { ...parts, files: files.files };
  const written = writtenValues(layers, file);
  if (source.listen !== undefined) {
    const others = written.filter(({ key }) => key !== 'listen');
    written.splice(0, written.length, ...others, { key: 'listen', value: JSON.stringify(source.listen), from: 'command line' });
  }
  return { ...config, values: [...written, ...auth0Values(layers, env), ...defaultValues(config, written), ...outboundValues(env)] };
}

function hasItems(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

/** Relative paths start at the config file, else at the state folder. */
function folderOf({ file, folder }: AgentConfigSource): string {
  return file === undefined ? folder.path : dirname(resolve(file));
}

function optionOf({ listenOption = '--listen' }: AgentConfigSource): string {
  return listenOption;
}

function invalidConfig(source: AgentConfigSource, problems: readonly ConfigProblem[], step = stepFor(source, problems)): AgentError {
  const { file } = source;
  const isOfOption = problems.every(({ path }) => path === optionOf(source));
  const name = isOfOption ? 'the command line' : file === undefined ? 'the environment' : basename(file);
  return new AgentError('config_invalid', { problem: formatProblems(name, problems), step, problems });
}

function stepFor(source: AgentConfigSource, problems: readonly ConfigProblem[]): string {
  const { file } = source;
  const option = optionOf(source);
  if (problems.every(({ path }) => path === option)) return `Correct ${option}, then start again.`;
  if (file === undefined) return 'Set the variables named, or write a config file with `evertoken init`; then start again.';
  // What has no line stands in a variable, or on the command line.
  if (problems.every(({ line }) => line === undefined)) return 'Correct what is named, then start again.';
  return `Mend ${file} at the lines named, then start or reload.`;
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}
