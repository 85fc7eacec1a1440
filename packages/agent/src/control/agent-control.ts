import {
  askControlSocket,
  type ControlAnswer,
  type ControlRequest,
  openControlSocket,
  ServiceError,
  type StateFolder,
} from '@evertoken/service';
import { AgentError } from '../agent-error.ts';
import type { RunningAgent } from '../deliver/running-agent.ts';
import type { ReloadOutcome } from './reloader.ts';

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
export interface ControlledAgent extends RunningAgent {
  reload(): Promise<ReloadOutcome>;
  /** Path of a link that opens the status page once; undefined where there is no such page. */
  newPageLink(): string | undefined;
}

/** What `POST /open` of the control socket answers, as JSON has it. */
export interface ControlLink {
  /** The link on each address that a browser can reach; it works once, on whichever. */
  readonly urls: readonly string[];
}

/**
 * Takes hold of the state folder, and answers `GET /status`, `POST /reload` and `POST /open` to its owner: 503 for the last two while `agent` is undefined.
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
    throw new AgentError('state_folder_taken', { problem: `${who} runs with this state folder`, place: folder.path, step, cause });
  }
}

async function answerTo({ method, path }: ControlRequest, agent: ControlledAgent | undefined): Promise<ControlAnswer> {
  if (method === 'GET' && path === '/status') return { status: 200, body: agent === undefined ? { pid: process.pid } : statusOf(agent) };
  if (method !== 'POST' || (path !== '/reload' && path !== '/open'))
    return { status: 404, body: { error: 'There is no such way', step: 'Ask GET /status, POST /reload or POST /open.' } };
  if (agent === undefined) return { status: 503, body: { error: 'The agent is starting or stopping', step: 'Ask again in a moment.' } };
  if (path === '/open') return linkTo(agent);
  const outcome = await agent.reload();
  if (!outcome.isApplied) return { status: 422, body: { error: outcome.message, step: outcome.step, problems: outcome.problems } };
  const { generation, changes, needsRestart, notInEffect, notes } = outcome;
  return { status: 200, body: { generation, changes, needs_restart: needsRestart, not_in_effect: notInEffect, notes } };
}

function linkTo(agent: ControlledAgent): ControlAnswer {
  const origins = agent.urls().flatMap(originForBrowser);
  if (origins.length === 0) {
    const error = 'The agent listens on no address that a browser can open';
    return { status: 409, body: { error, step: 'Add `http://127.0.0.1:8400` to `listen` in the config file.' } };
  }
  const link = agent.newPageLink();
  if (link === undefined)
    return { status: 404, body: { error: 'This agent was started without its status page', step: 'Start it with `evertoken start`.' } };
  const body: ControlLink = { urls: origins.map((origin) => `${origin}${link}`) };
  return { status: 200, body };
}

/** What a browser calls an address by; nothing for a unix socket. */
function originForBrowser(url: string): readonly string[] {
  if (!/^https?:/.test(url)) return [];
  const address = new URL(url);
  // An address that stands for every address of the machine cannot be opened in a browser.
  if (address.hostname === '0.0.0.0' || address.hostname === '[::]') address.hostname = 'localhost';
  return [address.origin];
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
