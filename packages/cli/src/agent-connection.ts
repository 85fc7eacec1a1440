import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { requireAgent } from './agent-presence.ts';
import { CliError } from './cli-error.ts';
import { readEnvFile } from './env-file.ts';
import { exitCode } from './exit-code.ts';
import { homeOf } from './home.ts';
import { readOwnFile } from './own-file.ts';
import { shellWord } from './shell-quote.ts';
import type { Terminal } from './terminal.ts';

/** Options by which a command finds the agent. */
export interface AgentOptions {
  home?: string;
  url?: string;
  appKeyFile?: string;
}

/** A running agent and the key to it. */
export interface AgentConnection {
  /** `http://…`, `https://…` or `unix:/…`, without a closing slash. */
  readonly url: string;
  /** Undefined over a unix socket where no key is known: the socket may be bound to an app. */
  readonly appKey: string | undefined;
  /** PEMs trusted beside the public CAs: of the state folder's local CA and of NODE_EXTRA_CA_CERTS, where there are such. */
  readonly extraCa: readonly string[];
  /** The state folder, if the address comes from there: then it is valid only while an agent holds the folder. */
  readonly home?: string;
}

/**
 * Finds the agent and the key to it, in this order: `--url` and `--app-key-file`; EVERTOKEN_URL and EVERTOKEN_APP_KEY, unless `--home` names a folder; the
 * `env` file that a starting agent leaves in the state folder. With a config file, that file holds no key: then EVERTOKEN_APP_KEY is taken in any case, or else
 * the only key that `evertoken init` made in the folder. An address from the state folder is taken only while an agent holds the folder.
 */
export async function findAgent(options: AgentOptions, terminal: Terminal): Promise<AgentConnection> {
  const home = homeOf(options, terminal);
  const env = options.home === undefined ? terminal.env : {};
  const isTold = (options.url ?? env['EVERTOKEN_URL']) !== undefined && (options.appKeyFile ?? env['EVERTOKEN_APP_KEY']) !== undefined;
  const left = isTold ? {} : ((await readEnvFile(home)) ?? {});
  const told = options.url ?? env['EVERTOKEN_URL'];
  const url = told ?? left['EVERTOKEN_URL'];
  if (url === undefined) {
    throw new CliError({
      problem: 'No agent is known here',
      place: join(home, 'env'),
      step: 'Start one with `evertoken dev` or `evertoken start`, or name one with --home, --url or EVERTOKEN_URL.',
      exitCode: exitCode.noAgent,
    });
  }
  if (!/^(https?:\/\/[^/]+\/?$|unix:\/)/.test(url) || !URL.canParse(url)) {
    throw new CliError({
      problem: 'The address of the agent cannot be read',
      place: withoutCredentials(url),
      step: 'Write it like http://127.0.0.1:8400 or unix:/run/evertoken/agent.sock.',
      exitCode: exitCode.usage,
    });
  }
  if (!isConfidential(url)) {
    throw new CliError({
      problem: 'The app key would go to another machine in clear text',
      place: withoutCredentials(url),
      step: 'Name the agent by https://, by a unix socket, or by http:// at a loopback address of this machine.',
      exitCode: exitCode.usage,
    });
  }
  if (told === undefined) await requireAgent(home);
  const namedKey =
    options.appKeyFile === undefined
      ? (env['EVERTOKEN_APP_KEY'] ?? left['EVERTOKEN_APP_KEY'] ?? terminal.env['EVERTOKEN_APP_KEY'])?.trim()
      : await readKey(options.appKeyFile, terminal);
  // The key in the folder is only for the agent of that folder. It is not sent to a socket, which may be bound to another app.
  const appKey = namedKey || (told === undefined && !url.startsWith('unix:') ? await readOnlyKey(home) : undefined);
  if (appKey && !/^[\x21-\x7e]+$/.test(appKey)) {
    throw new CliError({
      problem: 'What is given as the app key is none: a key is one word of ASCII',
      place: options.appKeyFile === undefined ? 'EVERTOKEN_APP_KEY' : resolve(terminal.cwd, options.appKeyFile),
      step: 'Give the key alone, as `evertoken key new` printed it, or with --app-key-file a file with nothing else in it.',
      exitCode: exitCode.usage,
    });
  }
  // A socket may be bound to one app, and then needs no key. Where it is not, the agent itself says that the key is missing.
  if (!appKey && !url.startsWith('unix:')) {
    throw new CliError({
      problem: 'No app key is known, and the agent answers nobody without one',
      place: url,
      step: 'Name the file with the key with --app-key-file, or set EVERTOKEN_APP_KEY. `evertoken key new NAME` makes a key.',
      exitCode: exitCode.usage,
    });
  }
  return {
    url: url.replace(/\/$/, ''),
    appKey: appKey || undefined,
    extraCa: url.startsWith('https:') ? await readCas(home, terminal) : [],
    ...(told === undefined && { home }),
  };
}

/** The address without what stands before an @: it may be a password, and errors are shown and logged. */
function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/]*@/, '//');
}

// Tokens need TLS (RFC 6750 §5.3), except where http does not leave this machine.
function isConfidential(url: string): boolean {
  if (!url.startsWith('http:')) return true;
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

async function readKey(path: string, terminal: Terminal): Promise<string> {
  const file = resolve(terminal.cwd, path);
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    const problem = 'The file with the app key cannot be read';
    throw new CliError({ problem, place: file, step: 'Name the file that holds the key.', exitCode: exitCode.usage, cause });
  }
}

/** The app key that `evertoken init` made in the state folder; undefined where there is none. Throws a CliError where there are several. */
async function readOnlyKey(home: string): Promise<string | undefined> {
  const folder = join(home, 'keys');
  const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.key')).sort();
  const [file] = files;
  if (file === undefined) return undefined;
  if (files.length === 1) return (await readOwnFile(join(folder, file)))?.trim();
  throw new CliError({
    problem: `There are several app keys: ${files.join(', ')}`,
    place: folder,
    step: `Name one, as in --app-key-file ${shellWord(join(folder, file))}.`,
    exitCode: exitCode.usage,
  });
}

async function readCas(home: string, terminal: Terminal): Promise<string[]> {
  const named = terminal.env['NODE_EXTRA_CA_CERTS'];
  // A file that cannot be read, or is not ours, is left out. The agent's certificate is then not trusted, and the error says so.
  const readings = [readOwnFile(join(home, 'ca.pem')), named ? readFile(named, 'utf8') : undefined];
  const texts = await Promise.all(readings.map((reading) => reading?.catch(() => undefined)));
  return texts.filter((text) => text !== undefined);
}
