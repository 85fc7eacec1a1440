import {
  formatListenAddress,
  type ListenAddress,
  longestSocketPath,
  parseListenAddress,
  remoteProblemOf,
  type StateFolder,
} from '@evertoken/service';
import { type ConfigLayers, problemAt } from './config-layers.ts';
import type { ConfigProblem } from './config-problem.ts';

/** What addresses are checked with. What is found is added to `problems` and `notes`. */
interface Judging {
  /** Texts of an option, in place of what the config says. */
  readonly given?: { readonly texts: readonly string[]; readonly option: string } | undefined;
  /** The state folder, for the default addresses; without one there are none. */
  readonly folder?: StateFolder;
  readonly allowRemote: boolean;
  readonly layers: ConfigLayers;
  readonly problems: ConfigProblem[];
  readonly notes: string[];
  readonly key?: readonly string[];
  /** Further addresses that the agent listens on, with which these must not collide. */
  readonly beside?: readonly ListenAddress[];
}

/** The addresses in effect: those given, else those of the config, else the default ones. */
export function addressesOf(configured: ListenAddress | ListenAddress[] | undefined, judging: Judging): readonly ListenAddress[] {
  const { given, folder, allowRemote, layers, problems, notes, key = ['listen'], beside = [] } = judging;
  if (given !== undefined) return parsed(given, allowRemote, problems);
  if (configured === undefined) return folder === undefined ? [] : defaultAddresses(folder, notes);
  const addresses = [configured].flat();
  for (const [index, address] of addresses.entries()) {
    const at = (message: string): void => void problems.push(problemAt(layers, Array.isArray(configured) ? [...key, index] : key, message));
    const problem = remoteProblemOf(address, allowRemote);
    if (problem !== undefined) at(`${problem.problem}. ${problem.step} \`allow_remote: true\` allows it.`);
    const twin = twinOf(address, [...beside, ...addresses.slice(0, index)]);
    if (twin !== undefined) at(twin);
  }
  return addresses;
}

function parsed({ texts, option }: NonNullable<Judging['given']>, mayBeRemote: boolean, problems: ConfigProblem[]): ListenAddress[] {
  const addresses: ListenAddress[] = [];
  const tell = (message: string): void => void problems.push({ path: option, line: undefined, message });
  for (const text of texts) {
    try {
      const address = parseListenAddress(text, { mayBeRemote });
      const twin = twinOf(address, addresses);
      if (twin === undefined) addresses.push(address);
      else tell(twin);
    } catch (error) {
      tell((error as Error).message);
    }
  }
  return addresses;
}

/** The message for an address that collides with one of the `others`; undefined where it does not. */
function twinOf(address: ListenAddress, others: readonly ListenAddress[]): string | undefined {
  const twin = others.find((other) => isSamePlace(address, other));
  if (twin === undefined) return undefined;
  const [here, there] = [formatListenAddress(address), formatListenAddress(twin)];
  return `\`${here}\` is at the same place as \`${there}\`, and a place can be listened on once; leave one out or give it another`;
}

function isSamePlace(one: ListenAddress, other: ListenAddress): boolean {
  if (one.kind === 'unix' || other.kind === 'unix') return one.kind === 'unix' && other.kind === 'unix' && one.path === other.path;
  if (one.port !== other.port || one.port === 0) return false;
  return hostsOf(one.host).some((host) => hostsOf(other.host).some((another) => isSameHost(host, another)));
}

/** `localhost` is listened on as both of the addresses that it may mean. */
function hostsOf(host: string): readonly string[] {
  return host === 'localhost' ? ['127.0.0.1', '::1'] : [host];
}

/** 0.0.0.0 takes the port of every IPv4 address, `::` that of every one. */
function isSameHost(one: string, other: string): boolean {
  const isWithin = (host: string, all: string): boolean => all === '::' || (all === '0.0.0.0' && /^[\d.]+$/.test(host));
  return one === other || isWithin(one, other) || isWithin(other, one);
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
