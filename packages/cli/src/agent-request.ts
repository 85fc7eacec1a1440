import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import type { AgentConnection } from './agent-connection.ts';
import { isCertificateCode } from './certificate-code.ts';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';

/** What the agent answered. */
export interface AgentAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: IncomingMessage;
}

// Longer than the agent waits for an issuer or an API.
const silenceMs = 120_000;

/** Asks the agent, with the app key if there is one, and hands the answer, whatever its status, to `use`. Throws a CliError (exit code 3) where nobody answers. */
export async function requestAgent<T>(
  connection: AgentConnection,
  target: { method: string; path: string; headers?: Record<string, string>; body?: Buffer; signal?: AbortSignal },
  use: (answer: AgentAnswer) => Promise<T>,
): Promise<T> {
  try {
    const response = await send(connection, target);
    return await use({ status: response.statusCode ?? 0, headers: response.headers, body: response });
  } catch (error) {
    throw describeFailure(error, connection);
  }
}

// Plain node:http and not undici, whose loading alone would take longer than all the rest of `evertoken token`.
async function send(connection: AgentConnection, target: Parameters<typeof requestAgent>[1]): Promise<IncomingMessage> {
  const { url, extraCa } = connection;
  const place = url.startsWith('unix:') ? { socketPath: url.slice('unix:'.length), host: 'localhost' } : placeOf(new URL(url));
  const options = {
    ...place,
    agent: false as const,
    method: target.method,
    path: target.path.replace(/[^\x21-\x7e]/gu, encodeURIComponent),
    timeout: silenceMs,
    ...(target.signal !== undefined && { signal: target.signal }),
    headers: {
      ...target.headers,
      ...(target.body === undefined ? {} : { 'content-length': String(target.body.length) }),
      ...(connection.appKey === undefined ? {} : { authorization: `Bearer ${connection.appKey}` }),
    },
  };
  const tls = url.startsWith('https:')
    ? { module: await import('node:https'), roots: (await import('node:tls')).rootCertificates }
    : undefined;
  return await new Promise((resolve, reject) => {
    // Naming any CA replaces Node's own list, so that list has to be named too.
    const trust = tls === undefined || extraCa.length === 0 ? {} : { ca: [...tls.roots, ...extraCa] };
    const request = tls === undefined ? requestHttp(options, resolve) : tls.module.request({ ...options, ...trust }, resolve);
    request.once('timeout', () => request.destroy(Object.assign(new Error('The agent fell silent.'), { code: 'ETIMEDOUT' })));
    request.once('error', reject);
    request.end(target.body);
  });
}

function placeOf(url: URL): { host: string; port?: string } {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return url.port === '' ? { host } : { host, port: url.port };
}

/** The JSON body of a 2xx answer. Throws a CliError with what the agent says for any other answer. */
export async function readJson(answer: AgentAnswer, place: string): Promise<Record<string, unknown>> {
  const text = await readText(answer.body);
  const parsed = parseObject(text);
  if (answer.status >= 200 && answer.status < 300 && parsed !== undefined) return parsed;
  const detail = [parsed?.['detail'], parsed?.['title'], parsed?.['error_description']].find((value) => typeof value === 'string');
  const problem =
    typeof detail === 'string' ? detail.replace(/\.$/, '') : `The agent answered with status ${answer.status} and no explanation`;
  throw new CliError({ problem, place: `${place} (${answer.status})`, step: stepOf(answer.status, parsed) });
}

function stepOf(status: number, problem: Record<string, unknown> | undefined): string {
  if (typeof problem?.['step'] === 'string') return problem['step'];
  if (status === 401) return 'Use a key that this agent knows: set EVERTOKEN_APP_KEY or name its file with --app-key-file.';
  if (status === 403) return 'Allow it to this app in evertoken.yaml, or use the key of an app that may.';
  if (status === 404) return 'See which tokens there are with `evertoken status`.';
  if (status === 503) return 'See what the issuer said with `evertoken status`; the agent goes on trying.';
  return 'See the log of the agent.';
}

function describeFailure(error: unknown, connection: AgentConnection): unknown {
  // What reads the answer has explained its own failure.
  const code = error instanceof CliError ? undefined : systemCodeIn(error);
  if (code === undefined) return error;
  if (['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code)) {
    return new CliError({
      problem: `No agent answers (${code})`,
      place: connection.url,
      step: 'Start one with `evertoken dev` or `evertoken start`, or name a running one with --home, --url or EVERTOKEN_URL.',
      exitCode: exitCode.noAgent,
      cause: error,
    });
  }
  const isCertificate = isCertificateCode(code);
  // What speaks no TLS is told by either code, which depends on when Node notices it.
  const isTls = code === 'EPROTO' || code.startsWith('ERR_SSL_');
  const step = isCertificate
    ? 'Name its state folder with --home, or its CA with NODE_EXTRA_CA_CERTS.'
    : isTls
      ? 'See that the address is that of an agent; where it speaks plain http, write http:// and not https://.'
      : 'See that the address is that of an agent and that it still runs; its log says more.';
  const problem = isCertificate
    ? `The certificate of the agent is not trusted (${code})`
    : `The conversation with the agent broke off (${code})`;
  return new CliError({ problem, place: connection.url, step, cause: error });
}

function systemCodeIn(error: unknown): string | undefined {
  if (error instanceof AggregateError) return systemCodeIn(error.errors[0]);
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? systemCodeIn(error.cause) : undefined;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
