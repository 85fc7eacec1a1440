import { posix } from 'node:path';
import { ServiceError } from './service-error.ts';

/** Where a process listens. `host` of an IPv6 address stands without brackets; port 0 means any free port. */
export type ListenAddress =
  | { readonly kind: 'unix'; readonly path: string /** Permission bits of the socket. */; readonly mode: number }
  | { readonly kind: 'http' | 'https'; readonly host: string; readonly port: number };

/** Longest path of a unix socket in bytes (`sun_path` of unix(7), less its closing NUL). */
export const longestSocketPath: number = 107;

const defaultSocketMode = 0o600;

/**
 * Reads `unix:/run/app.sock`, `unix:/run/app.sock?mode=0660`, `http://127.0.0.1:8400` or `https://localhost:8401`.
 * The mode of a socket is 0600 unless given.
 * @throws {ServiceError} `address_invalid`; also for hosts beyond the loopback, abstract sockets and socket paths above 107 bytes.
 */
export function parseListenAddress(text: string): ListenAddress {
  if (text.startsWith('unix:')) return parseSocketAddress(text);
  if (/^https?:\/\//i.test(text)) return parseWebAddress(text);
  throw invalid(text, 'An address must begin with unix:, http:// or https://', 'Write it like http://127.0.0.1:8400.');
}

/** The text that {@link parseListenAddress} reads as `address`. */
export function formatListenAddress(address: ListenAddress): string {
  if (address.kind === 'unix') {
    const mode = address.mode === defaultSocketMode ? '' : `?mode=${address.mode.toString(8).padStart(4, '0')}`;
    return `unix:${address.path}${mode}`;
  }
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${address.kind}://${host}:${address.port}`;
}

function parseSocketAddress(text: string): ListenAddress {
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
  if (query === undefined) return { kind: 'unix', path: normalPath, mode: defaultSocketMode };
  const mode = /^mode=(0?[0-7]{3})$/.exec(query)?.[1];
  if (mode === undefined || rest.length > 0) {
    throw invalid(
      text,
      'The only option of a unix socket is its mode, three octal digits',
      'Write it like unix:/run/evertoken/agent.sock?mode=0660.',
    );
  }
  return { kind: 'unix', path: normalPath, mode: Number.parseInt(mode, 8) };
}

function parseWebAddress(text: string): ListenAddress {
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
  if (!isLoopback(host)) {
    throw invalid(
      text,
      'Only this machine may be listened to, and this host is not a loopback address',
      'Use localhost, 127.0.0.1 or [::1].',
    );
  }
  return { kind, host, port: Number(parts[3]) };
}

function isLoopback(host: string): boolean {
  // URL has made every spelling of an IPv4 address (0x7f.1, 2130706433) the dotted one.
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function invalid(text: string, problem: string, step: string): ServiceError {
  return new ServiceError('address_invalid', { problem, place: text.replaceAll('\0', '\\0'), step });
}
