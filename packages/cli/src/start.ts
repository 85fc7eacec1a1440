import { readFile } from 'node:fs/promises';
import { type Agent, type AgentConfig, loadAgentConfig, startAgent } from '@evertoken/agent';
import { pagesFolder } from '@evertoken/console';
import {
  giveBackMemoryAtRest,
  Lifecycle,
  type Log,
  openServiceNotifier,
  openStateFolder,
  type ServiceNotifier,
  stopOnSignals,
  systemSetTimer,
} from '@evertoken/service';
import { agentAddresses, agentPortOptions, agentPortsOf } from './agent-addresses.ts';
import { atHangup } from './at-hangup.ts';
import { caOnDemand } from './ca-on-demand.ts';
import { configFileOf, judgeConfigFile } from './config-file.ts';
import { agentEntries, caEntries } from './env-entries.ts';
import { writeEnvFile } from './env-file.ts';
import { waitForFirstToken } from './first-token.ts';
import { homeOf } from './home.ts';
import { openCommandOf } from './open-command.ts';
import { openRunLog } from './run-log.ts';
import { startUpError } from './start-up-error.ts';
import type { Terminal } from './terminal.ts';
import { version } from './version.ts';

/** Options of `evertoken start`. */
export interface StartOptions {
  home?: string;
  config?: string;
  agentPort?: number;
  agentTlsPort?: number;
  listen?: string[];
  keepTrying?: boolean;
  log?: 'json' | 'pretty';
}

/** Runs an agent until a signal comes. Resolves when it listens and holds a token. */
export async function runStart(options: StartOptions, terminal: Terminal): Promise<void> {
  const runLog = openRunLog(options.log === undefined ? {} : { format: options.log }, terminal);
  const log = runLog.logOf('agent');
  const auditLog = runLog.outputLogOf('agent');
  const lifecycle = new Lifecycle();
  // Before the agent stands there is nothing to reload.
  const hangup: Hangup = { act: () => process.kill(process.pid, 'SIGTERM') };
  const signals = stopOnSignals(lifecycle, { log, onHangup: () => hangup.act() });
  try {
    await standUp(options, { terminal, lifecycle, log, auditLog, hangup });
  } catch (error) {
    // A signal during the start has already begun to stop what stands, and ends the process.
    if (lifecycle.signal.aborted) return;
    signals.uninstall();
    await lifecycle.stop();
    throw error;
  }
}

/** What SIGHUP does at the moment. */
interface Hangup {
  act: () => void;
}

async function standUp(
  options: StartOptions,
  run: { terminal: Terminal; lifecycle: Lifecycle; log: Log; auditLog: Log; hangup: Hangup },
): Promise<void> {
  const { terminal, lifecycle, log, auditLog, hangup } = run;
  const folder = await openStateFolder(homeOf(options, terminal)).catch((error: unknown) => {
    throw startUpError(error, {});
  });
  const file = configFileOf(options, terminal);
  const hasPorts = options.agentPort !== undefined || options.agentTlsPort !== undefined;
  const listen = options.listen ?? (hasPorts ? agentAddresses(folder, agentPortsOf(options)) : undefined);
  const loadConfig = async (isReload: boolean): Promise<AgentConfig> => {
    judgeConfigFile(file, options);
    return await loadAgentConfig({
      env: terminal.env,
      folder,
      ...(file && { file }),
      ...(listen && { listen }),
      ...(options.listen === undefined && { listenOption: agentPortOptions }),
      isReload,
    });
  };
  const config = await loadConfig(false);
  const ca = caOnDemand(folder);
  const notifier = openNotifier(terminal, log);
  lifecycle.onStop('the word to the service manager', () => notifier.close());
  let writeEnv = async (): Promise<string | undefined> => undefined;
  const onReload = async (): Promise<void> => void (await writeEnv());
  const pages = { folder: pagesFolder('status'), command: openCommandOf(folder.path, 'open', terminal) };
  const reload = (): Promise<AgentConfig> => loadConfig(true);
  const parts = { config, loadConfig: reload, onReload, folder, certificate: ca.certificate, log, auditLog, notifier, pages, version };
  const agent = await startAgent(parts).catch((error: unknown) => {
    throw startUpError(error, { http: '--agent-port', https: '--agent-tls-port' });
  });
  lifecycle.onStop('the agent', () => agent.close());
  hangup.act = atHangup(agent, process);
  lifecycle.signal.throwIfAborted();

  const appKey = agent.app === undefined ? undefined : await readFile(agent.app.keyPath, 'utf8');
  writeEnv = async () => {
    // After a reload nothing may be served with it any more.
    const opened = agent.addresses.some(({ kind }) => kind === 'https') ? await ca.opened() : undefined;
    return await writeEnvFile(folder, { ...(opened && caEntries(opened)), ...agentEntries(agent, appKey) }, log);
  };
  const envPath = await writeEnv();
  if (options.keepTrying !== true) await waitForFirstToken(agent, lifecycle.signal);
  await agent.filesWritten();
  report(agent, envPath, log);
  giveBackMemoryAtRest({ setTimer: systemSetTimer });
  void notifier.ready(`listening on ${agent.urls.join(', ')}`);
}

function openNotifier(terminal: Terminal, log: Log): ServiceNotifier {
  return openServiceNotifier(terminal.env, {
    setTimer: systemSetTimer,
    onError: (error) => log.warn({ event: 'service_manager.silent', err: error }, error.message),
  });
}

function report(agent: Agent, envPath: string | undefined, log: Log): void {
  log.info({ event: 'agent.listening', urls: agent.urls, env_file: envPath, app_key_file: agent.app?.keyPath }, 'the agent listens');
  for (const { name, status } of agent.tokens()) {
    const { state, token, nextMintAt } = status;
    const next = nextMintAt === undefined ? undefined : new Date(nextMintAt).toISOString();
    const facts = {
      event: 'token.state',
      token: name,
      state,
      fingerprint: token?.fingerprint,
      remaining_seconds: token?.remainingSeconds,
      next_mint_at: next,
    };
    log.info(facts, `token ${name} is ${state}`);
  }
}
