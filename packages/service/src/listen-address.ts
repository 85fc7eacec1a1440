import { posix } from 'node:path';
import { ServiceError } from './service-error.ts';

/** A unix socket, and who may use it. */
export interface SocketAddress {
  readonly kind: 'unix';
  readonly path: string;
  /** Permission bits of the socket. */
  readonly mode: number;
  /** The app that the socket is for. Every program that may open the socket is treated as that app. */
  readonly app?: string;
  /** Group that the socket belongs to, by name or number; left out, the group of this process. */
  readonly group?: string;
}

/** Host and port. `host` of an IPv6 address stands without brackets; port 0 means any free port. */
export interface WebAddress {
  readonly kind: 'http' | 'https';
  readonly host: string;
  readonly port: number;
}

/** Where a process listens. */
export type ListenAddress = SocketAddress | WebAddress;

/** Longest path of a unix socket in bytes (`sun_path` of unix(7), less its closing NUL). */
export const longestSocketPath: number = 107;

const defaultSocketMode = 0o600;

/**
 * Reads `unix:/run/app.sock`, `unix:/run/app.sock?app=report&mode=0660&group=staff`, `http://127.0.0.1:8400` or `https://localhost:8401`.
 * The mode of a socket is 0600 unless given. With `mayBeRemote` an https host beyond the loopback is accepted, too; `openListeners` checks that again.
 * @throws {ServiceError} `address_invalid`; also for abstract sockets and socket paths above 107 bytes.
 */
export function parseListenAddress(text: string, options: { mayBeRemote?: boolean } = {}): ListenAddress {
  if (text.startsWith('unix:')) return parseSocketAddress(text);
  if (!/^https?:\/\//i.test(text)) {
    throw invalid(text, 'An address must begin with unix:, http:// or https://', 'Write it like http://127.0.0.1:8400.');
  }
  const address = parseWebAddress(text);
  const problem = remoteProblemOf(address, options.mayBeRemote ?? false);
  if (problem !== undefined) throw invalid(text, problem.problem, problem.step);
  return address;
}

/** The text that {@link parseListenAddress} reads as `address`. */
export function formatListenAddress(address: ListenAddress): string {
  if (address.kind === 'unix') {
    const { app, mode, group } = address;
    const options = [
      ...(app === undefined ? [] : [`app=${app}`]),
      ...(mode === defaultSocketMode ? [] : [`mode=${mode.toString(8).padStart(4, '0')}`]),
      ...(group === undefined ? [] : [`group=${group}`]),
    ];
    return `unix:${address.path}${options.length === 0 ? '' : `?${options.join('&')}`}`;
  }
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${address.kind}://${host}:${address.port}`;
}

/** Why `address` may not be listened on: other machines could reach it. Undefined for a loopback address, and for https where `mayBeRemote`. */
export function remoteProblemOf(address: ListenAddress, mayBeRemote: boolean): { problem: string; step: string } | undefined {
  if (address.kind === 'unix' || isLoopback(address.host)) return undefined;
  if (!mayBeRemote) {
    const problem = 'Only this machine may be listened to, and this host is not a loopback address';
    return { problem, step: 'Use localhost, 127.0.0.1 or [::1], or allow other machines to come, over https.' };
  }
  if (address.kind === 'https') return undefined;
  return { problem: 'Other machines may come over TLS alone', step: 'Write https:// in place of http://, or use a loopback address.' };
}

function parseSocketAddress(text: string): SocketAddress {
  const [path = '', query, ...rest] = text.slice('unix:'.length).split('?');
  if (path.startsWith('@') || text.includes('\0')) {
    throw invalid(
      text,
      'Abstract unix sockets have no permissions and are refused',
      'Give the path of a file, like unix:/run/evertoken/agent.sock.',
    );
  }
  if (!path.startsWith('/') || path.endsWith('/')) {
    throw invalid(text, 'A unix socket needs an absolute path to a file', 'Write it like unix:/run/evertoken/agent.sock.');
  }
  const normalPath = posix.normalize(path);
  const length = Buffer.byteLength(normalPath);
  if (length > longestSocketPath) {
    const problem = `The path of a unix socket may have ${longestSocketPath} bytes, this one has ${length}`;
    throw invalid(text, problem, 'Choose a shorter path, for example below /run or in the home folder.');
  }
  return { kind: 'unix', path: normalPath, ...socketOptions(query, rest.length > 0, text) };
}

/** The pattern of each option of a socket. */
const optionPatterns: ReadonlyMap<string, RegExp> = new Map([
  ['mode', /^0?[0-7]{3}$/],
  ['app', /^[a-zA-Z0-9][\w.-]{0,62}$/],
  ['group', /^(?:[a-zA-Z_][\w.-]{0,31}\$?|\d{1,10})$/],
]);

function socketOptions(query: string | undefined, hasMore: boolean, text: string): Omit<SocketAddress, 'kind' | 'path'> {
  const values = new Map<string, string>();
  for (const option of query?.split('&') ?? []) {
    const equalsAt = option.indexOf('=');
    const name = option.slice(0, Math.max(0, equalsAt));
    const value = option.slice(equalsAt + 1);
    if (hasMore || values.has(name) || optionPatterns.get(name)?.test(value) !== true) {
      throw invalid(
        text,
        'The options of a unix socket are app (a name), mode (three octal digits) and group (a name or number), each once',
        'Write it like unix:/run/evertoken/report.sock?app=nightly-report&mode=0660&group=report.',
      );
    }
    values.set(name, value);
  }
  const [mode, app, group] = ['mode', 'app', 'group'].map((name) => values.get(name));
  return {
    mode: mode === undefined ? defaultSocketMode : Number.parseInt(mode, 8),
    ...(app !== undefined && { app }),
    ...(group !== undefined && { group }),
  };
}

function parseWebAddress(text: string): WebAddress {
  // URL drops a port that is the scheme's default, and cannot tell a missing one from it.
  const parts = /^(https?):\/\/([^/?#@\\\s]+):(\d{1,5})\/?$/i.exec(text);
  if (parts === null || !URL.canParse(text)) {
    throw invalid(
      text,
      'An address is scheme, host and port and nothing else',
      'Write it like http://127.0.0.1:8400; port 0 takes a free one.',
    );
  }
  const kind = parts[1]?.toLowerCase() === 'https' ? 'https' : 'http';
  const host = new URL(text).hostname.replace(/^\[(.*)\]$/, '$1');
  return { kind, host, port: Number(parts[3]) };
}

function isLoopback(host: string): boolean {
  // URL has made every spelling of an IPv4 address (0x7f.1, 2130706433) the dotted one.
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function invalid(text: string, problem: string, step: string): ServiceError {
  // A password that somebody put before the host would stand in the log.
  const place = text.replaceAll('\0', '\\0').replace(/^(https?:\/\/).*@/i, '$1');
  return new ServiceError('address_invalid', { problem, place, step });
}
