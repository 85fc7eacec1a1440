import {
  askControlSocket,
  formatListenAddress,
  type ListenAddress,
  openListeners,
  ServiceError,
  type StateFolder,
} from '@evertoken/service';
import type { AgentConfig } from '../config/agent-config.ts';
import { type CheckFinding, findingOf } from './check-finding.ts';

/** Key and certificate for hosts. */
export type ServerCertificate = (hosts: string[]) => Promise<{ key: string; cert: string }>;

/** Listens on each address for a moment, the only sure way to tell that it is free. An address of the running agent of this state folder is a warning only. */
export async function* checkAddresses(
  config: Pick<AgentConfig, 'listen' | 'metricsListen' | 'allowRemote'>,
  folder: StateFolder,
  certificate: ServerCertificate,
): AsyncGenerator<CheckFinding> {
  // An agent that holds the folder but does not answer is running, too.
  const isRunning = (await askControlSocket(folder.path, { method: 'GET', path: '/status' }).catch(() => 'silent')) !== undefined;
  for (const address of [...config.listen, ...config.metricsListen]) {
    const finding = await checkAddress(address, { certificate, allowRemote: config.allowRemote });
    const isOwn = isRunning && finding.level === 'problem' && finding.what.startsWith(taken);
    yield isOwn
      ? {
          ...finding,
          level: 'warning',
          meaning: 'An agent runs with this state folder; most likely it is the one that listens there.',
          step: 'Nothing, where that is so.',
        }
      : finding;
  }
}

const taken = 'is taken';

async function checkAddress(
  address: ListenAddress,
  options: { certificate: ServerCertificate; allowRemote: boolean },
): Promise<CheckFinding> {
  const subject = formatListenAddress(address);
  try {
    const listeners = await openListeners([address], {
      handler: (_request, response) => void response.writeHead(503).end(),
      onError: () => undefined,
      ...options,
    });
    await listeners.close({ graceMs: 0 });
    return { area: 'listen', subject, level: 'ok', what: 'can be listened to' };
  } catch (error) {
    const isTaken = error instanceof ServiceError && (error.code === 'port_taken' || error.code === 'socket_taken');
    const finding = findingOf('listen', subject, error);
    return isTaken ? { ...finding, what: `${taken}: ${finding.what}` } : finding;
  }
}
