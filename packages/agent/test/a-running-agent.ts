import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { type Agent, type AgentOptions, loadAgentConfig, newAppKey, startAgent } from '@evertoken/agent';
import { createLog, openStateFolder } from '@evertoken/service';
import { startTokenEndpoint, type TokenEndpoint } from '@evertoken/testkit';

/** An answer, read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  json(): Record<string, unknown>;
}

/** A running agent with all that it stands on; `close` ends it and removes its files. */
export interface RunningAgent {
  readonly agent: Agent;
  readonly issuer: TokenEndpoint;
  readonly home: string;
  /** Base URL over http. */
  readonly url: string;
  /** Keys by app name. */
  readonly keys: Readonly<Record<string, string>>;
  /** Every log line so far. */
  readonly log: readonly Record<string, unknown>[];
  call(path: string, options?: RequestOptions & { body?: string | Buffer }): Promise<Answer>;
  /** The same with `Authorization: Bearer` of an app. */
  callAs(app: string, path: string, options?: RequestOptions & { body?: string | Buffer }): Promise<Answer>;
  /** Stops the agent and starts it again on the same state. */
  restart(): Promise<RunningAgent>;
  close(): Promise<void>;
}

/** What a test says of its agent; `yaml` gets the token endpoint's URL, and the hash of a key by app name. */
export interface AgentSetup
  extends Partial<
    Pick<
      AgentOptions,
      'clock' | 'random' | 'proxyTimeoutMs' | 'stopGraceMs' | 'heldLifetimeSeconds' | 'auditLog' | 'notifier' | 'certificate' | 'pages'
    >
  > {
  readonly yaml?: (issuerUrl: string, hashOf: (app: string) => string) => string;
  readonly expiresIn?: number;
  readonly listen?: readonly string[];
  /** Takes the addresses of the config, and watches and reloads its file `evertoken.yaml` in `home`. */
  readonly isReloadable?: true;
  /** Prepares the issuer before the agent asks it. */
  readonly before?: (issuer: TokenEndpoint) => void;
  /** Default: wait until every token is usable. */
  readonly isReady?: false;
}

/** Two apps on two tokens of a scripted issuer: `report` reads both, `dashboard` may only call. */
export function twoApps(api: string): NonNullable<AgentSetup['yaml']> {
  return (issuer, hashOf) => `
tokens:
  management: { token_endpoint: "${issuer}", client_id: m2m, client_secret: issuer-s3cret, audience: "${api}/api/v2/" }
  orders: { token_endpoint: "${issuer}", client_id: m2m, client_secret: issuer-s3cret, audience: "urn:orders", api: "${api}" }
  secret: { token_endpoint: "${issuer}", client_id: m2m, client_secret: issuer-s3cret, audience: "urn:secret" }
apps:
  report: { key_sha256: ${hashOf('report')}, tokens: [management, orders] }
  dashboard:
    key_sha256: ${hashOf('dashboard')}
    proxy: { management: ["GET /api/v2/clients", "GET /api/v2/clients/*", "POST /api/v2/clients"] }
  both:
    key_sha256: ${hashOf('both')}
    proxy: { management: ["ANY /api/v2/**"], orders: ["ANY /**"] }
`;
}

/** Starts an agent on free ports before a scripted issuer. */
export async function startRunningAgent(setup: AgentSetup = {}): Promise<RunningAgent> {
  const home = await mkdtemp(join(tmpdir(), 'evertoken-agent-'));
  const issuer = await startTokenEndpoint({ expiresIn: setup.expiresIn ?? 86_400 });
  setup.before?.(issuer);
  const keys: Record<string, string> = {};
  const hashOf = (app: string): string => {
    const { key, sha256 } = newAppKey();
    keys[app] = key;
    return sha256;
  };
  const yaml = setup.yaml ?? twoApps('http://127.0.0.1:1');
  await writeFile(join(home, 'evertoken.yaml'), yaml(issuer.url, hashOf));
  const log: Record<string, unknown>[] = [];

  const start = async (): Promise<RunningAgent> => {
    const folder = await openStateFolder(join(home, 'state'));
    const listen = setup.isReloadable === true ? {} : { listen: setup.listen ?? ['http://127.0.0.1:0'] };
    const loadConfig = () => loadAgentConfig({ file: join(home, 'evertoken.yaml'), env: {}, folder, ...listen });
    const config = await loadConfig();
    const agent = await startAgent({
      certificate: () => Promise.reject(new Error('this test has no certificate')),
      ...setup,
      ...(setup.isReloadable === true && { loadConfig }),
      config,
      folder,
      log: createLog({ program: 'agent', pretty: false, level: 'debug', destination: linesInto(log) }),
      version: '0.0.0-test',
    });
    if (setup.isReady !== false) await agent.ready();
    const url = agent.urls.find((text) => text.startsWith('http://')) ?? '';
    const call: RunningAgent['call'] = (path, options = {}) => callUrl(`${url}${path}`, options);
    return {
      agent,
      issuer,
      home,
      url,
      keys,
      log,
      call,
      callAs: (app, path, options = {}) =>
        call(path, { ...options, headers: { authorization: `Bearer ${keys[app]}`, ...options.headers } }),
      async restart() {
        await agent.close();
        return start();
      },
      async close() {
        await agent.close();
        await issuer.close();
        await rm(home, { recursive: true, force: true });
      },
    };
  };
  try {
    return await start();
  } catch (error) {
    await issuer.close();
    await rm(home, { recursive: true, force: true });
    throw error;
  }
}

/** One request as it is given, path included: `fetch` would tidy it up. */
export function callUrl(url: string, options: RequestOptions & { body?: string | Buffer } = {}): Promise<Answer> {
  const { body, ...rest } = options;
  const [, origin = '', path = ''] = /^(https?:\/\/[^/]+)(.*)$/s.exec(url) ?? [];
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, path, agent: false, ...rest }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          json: () => JSON.parse(text) as Record<string, unknown>,
        });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Every text that a secret could have slipped into; a temporary file of a save under way may be gone before it is read. */
export async function filesBelow(path: string): Promise<string> {
  const { readdir } = await import('node:fs/promises');
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const texts = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      readFile(join(entry.parentPath, entry.name), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return '';
        throw error;
      }),
    );
  return (await Promise.all(texts)).join('\n');
}

function linesInto(lines: Record<string, unknown>[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().split('\n')) if (line !== '') lines.push(JSON.parse(line) as Record<string, unknown>);
      done();
    },
  });
}
