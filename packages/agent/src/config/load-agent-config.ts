import { basename } from 'node:path';
import { type ListenAddress, longestSocketPath, parseListenAddress, type StateFolder } from '@evertoken/service';
import { AgentError } from '../agent-error.ts';
import type { AgentConfig } from './agent-config.ts';
import { readConfigFile } from './config-file.ts';
import { type ConfigProblem, formatProblems } from './config-problem.ts';
import { type Environment, outboundOfEnvironment, tokenOfEnvironment } from './environment.ts';

/** Where an agent's config comes from. */
export interface AgentConfigSource {
  /** Path of the config file. Without one, `AUTH0_*` of the environment declare one token `default` and one app `local`. */
  readonly file?: string;
  readonly env: Environment;
  readonly folder: StateFolder;
  /** Addresses to listen on in place of those of the file. */
  readonly listen?: readonly string[];
}

/**
 * Reads the config, checks it whole and freezes it. Default addresses: `unix:<state folder>/agent.sock` (left out where the path is too
 * long for a socket), `http://127.0.0.1:8400`, `https://localhost:8401`.
 *
 * @throws {AgentError} `config_invalid`; the message lists every problem with its place.
 */
export async function loadAgentConfig(source: AgentConfigSource): Promise<AgentConfig> {
  const { file, env, folder } = source;
  const notes: string[] = [];
  const problems: ConfigProblem[] = [];
  const listen = readAddresses(source.listen, problems);

  const read = file === undefined ? readEnvironment(env) : await readConfigFile(file, env);
  if ('problems' in read) problems.push(...read.problems);
  if (problems.length > 0 || 'problems' in read) throw invalidConfig(file, problems);

  const { content } = read;
  return deepFreeze<AgentConfig>({
    file,
    files: [],
    metricsListen: [],
    hosts: [],
    allowRemote: false,
    tls: undefined,
    passThrough: [],
    policy: {},
    audit: { kind: 'stdout' },
    values: [],
    tokens: content.tokens,
    apps: content.apps,
    hasDefaultApp: file === undefined,
    listen: listen ?? content.listen ?? defaultAddresses(folder, notes),
    store: { folder: content.storeFolder ?? folder.file('tokens') },
    outbound: await outboundOfEnvironment(env),
    notes,
  });
}

function readEnvironment(env: Environment): Awaited<ReturnType<typeof readConfigFile>> {
  const read = tokenOfEnvironment(env);
  return 'problems' in read ? read : { content: { tokens: [read.token], apps: [], listen: undefined, storeFolder: undefined } };
}

function readAddresses(texts: readonly string[] | undefined, problems: ConfigProblem[]): ListenAddress[] | undefined {
  return texts?.flatMap((text) => {
    try {
      return [parseListenAddress(text)];
    } catch (error) {
      problems.push({ path: 'listen', line: undefined, message: (error as Error).message });
      return [];
    }
  });
}

function defaultAddresses(folder: StateFolder, notes: string[]): ListenAddress[] {
  const path = folder.file('agent.sock');
  const web: ListenAddress[] = [
    { kind: 'http', host: '127.0.0.1', port: 8400 },
    { kind: 'https', host: 'localhost', port: 8401 },
  ];
  if (Buffer.byteLength(path) <= longestSocketPath) return [{ kind: 'unix', path, mode: 0o600 }, ...web];
  notes.push(
    `no unix socket: the path ${path} is longer than ${longestSocketPath} bytes; choose a state folder with a shorter path to have one`,
  );
  return web;
}

function invalidConfig(file: string | undefined, problems: readonly ConfigProblem[]): AgentError {
  const source = file === undefined ? 'the environment' : basename(file);
  const step = file === undefined ? 'Set the variables named and start again.' : `Mend ${file} at the lines named and start again.`;
  return new AgentError('config_invalid', formatProblems(source, problems), { step, problems });
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}
