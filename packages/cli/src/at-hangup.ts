import { closeSync, openSync } from 'node:fs';
import type { Agent } from '@evertoken/agent';

/**
 * What SIGHUP does to a running agent: the agent reads its config again, as daemons do. Where the signal comes because the terminal was closed, the process
 * ends instead.
 */
export function atHangup(agent: Pick<Agent, 'reload'>, host: Pick<NodeJS.Process, 'kill' | 'pid'>): () => void {
  const hadTerminal = hasTerminal();
  return () => {
    if (hadTerminal && !hasTerminal()) host.kill(host.pid, 'SIGTERM');
    else void agent.reload();
  };
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
