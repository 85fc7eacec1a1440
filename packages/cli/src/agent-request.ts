import { rootCertificates } from 'node:tls';
import { Agent, type Dispatcher, request } from 'undici';
import type { AgentConnection } from './agent-connection.ts';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';

/** What the agent answered. */
export interface AgentAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Dispatcher.ResponseData['body'];
}

/** Asks the agent with the app key and hands the answer, whatever its status, to `use`. Throws a CliError (exit code 3) where nobody answers. */
export async function requestAgent<T>(
  connection: AgentConnection,
  target: { method: string; path: string; headers?: Record<string, string>; body?: Buffer },
  use: (answer: AgentAnswer) => Promise<T>,
): Promise<T> {
  const isSocket = connection.url.startsWith('unix:');
  const dispatcher = new Agent({
    connect: {
      timeout: 3_000,
      ...(isSocket ? { socketPath: connection.url.slice('unix:'.length) } : {}),
      ...(connection.ca === undefined ? {} : { ca: [...rootCertificates, connection.ca] }),
    },
  });
  try {
    const { statusCode, headers, body } = await request(`${isSocket ? 'http://localhost' : connection.url}${target.path}`, {
      dispatcher,
      method: target.method as Dispatcher.HttpMethod,
      headers: { ...target.headers, authorization: `Bearer ${connection.appKey}` },
      body: target.body ?? null,
    });
    return await use({ status: statusCode, headers, body });
  } catch (error) {
    throw describeFailure(error, connection);
  } finally {
    await dispatcher.destroy();
  }
}

/** The JSON body of a 2xx answer; throws what the agent says is wrong otherwise. */
export async function readJson(answer: AgentAnswer, place: string): Promise<Record<string, unknown>> {
  const text = await answer.body.text();
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
  const code = systemCodeIn(error);
  if (code === undefined) return error;
  if (['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code)) {
    return new CliError({
      problem: `No agent answers (${code})`,
      place: connection.url,
      step: 'Start one with `evertoken dev` or `evertoken start`, or name a running one with --home, --url or EVERTOKEN_URL.',
      exitCode: exitCode.noAgent,
      cause: error,
    });
  }
  const isCertificate = /CERT|SIGNATURE|SELF_SIGNED|ERR_TLS/.test(code);
  const step = isCertificate
    ? 'Name its state folder with --home, or its CA with NODE_EXTRA_CA_CERTS.'
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
