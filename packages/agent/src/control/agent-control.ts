import {
  askControlSocket,
  type ControlAnswer,
  type ControlRequest,
  openControlSocket,
  ServiceError,
  type StateFolder,
} from '@evertoken/service';
import { AgentError } from '../agent-error.ts';
import type { ConfigState, ReloadOutcome } from './reloader.ts';

/** What `GET /status` of the control socket answers, as JSON has it. */
export interface ControlStatus {
  readonly pid: number;
  readonly version: string;
  /** RFC 3339, as all times here. */
  readonly started_at: string;
  /** Path of the config file; null where there is none. */
  readonly config: string | null;
  readonly generation: number;
  readonly loaded_at: string;
  /** Why the last reload was refused; null where it was not. */
  readonly problem: string | null;
  readonly needs_restart: readonly string[];
  readonly listen: readonly string[];
}

/** What the control socket is told of the agent; undefined while it starts. */
export interface ControlledAgent {
  readonly version: string;
  readonly startedAt: number;
  readonly configFile: string | undefined;
  urls(): readonly string[];
  config(): ConfigState;
  reload(): Promise<ReloadOutcome>;
}

/**
 * Takes hold of the state folder, and answers `GET /status` and `POST /reload` to its owner. What is asked before `agent` is there is told to wait.
 * @throws {AgentError} `state_folder_taken`
 * @throws {ServiceError} `address_unavailable`
 */
export async function openAgentControl(folder: StateFolder, agent: () => ControlledAgent | undefined): Promise<{ close(): Promise<void> }> {
  try {
    return await openControlSocket(folder.path, (request) => answerTo(request, agent()));
  } catch (cause) {
    if (!(cause instanceof ServiceError) || cause.code !== 'socket_taken') throw cause;
    const answer = await askControlSocket(folder.path, { method: 'GET', path: '/status' }).catch(() => undefined);
    const pid = (answer?.body as { pid?: unknown } | undefined)?.pid;
    const who = typeof pid === 'number' ? `Another agent (process ${pid})` : 'Another agent, which does not answer,';
    const step = `Stop that agent${typeof pid === 'number' ? ` (kill ${pid})` : ''}, or choose another state folder.`;
    throw new AgentError('state_folder_taken', `${who} runs with the state folder ${folder.path}`, { step, cause });
  }
}

async function answerTo({ method, path }: ControlRequest, agent: ControlledAgent | undefined): Promise<ControlAnswer> {
  if (method === 'GET' && path === '/status') return { status: 200, body: agent === undefined ? { pid: process.pid } : statusOf(agent) };
  if (method !== 'POST' || path !== '/reload') return { status: 404, body: { error: 'there are GET /status and POST /reload' } };
  if (agent === undefined) return { status: 503, body: { error: 'the agent is starting or stopping' } };
  const outcome = await agent.reload();
  if (!outcome.isApplied) return { status: 422, body: { message: outcome.message, step: outcome.step, problems: outcome.problems } };
  return { status: 200, body: { generation: outcome.generation, changes: outcome.changes, needs_restart: outcome.needsRestart } };
}

function statusOf(agent: ControlledAgent): ControlStatus {
  const { generation, loadedAt, problem, needsRestart } = agent.config();
  return {
    pid: process.pid,
    version: agent.version,
    started_at: new Date(agent.startedAt).toISOString(),
    config: agent.configFile ?? null,
    generation,
    loaded_at: new Date(loadedAt).toISOString(),
    problem: problem ?? null,
    needs_restart: needsRestart,
    listen: agent.urls(),
  };
}
