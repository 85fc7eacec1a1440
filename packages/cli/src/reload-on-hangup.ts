import { closeSync, openSync } from 'node:fs';
import type { Agent } from '@evertoken/agent';

/**
 * Makes SIGHUP let the agent read its config again, as daemons do, in place of what `stopOnSignals` does at it. Where it came because the terminal was closed,
 * the process ends all the same. The answer takes the listener back.
 */
export function reloadOnHangup(agent: Pick<Agent, 'reload'>, host: NodeJS.Process): () => void {
  const hadTerminal = hasTerminal();
  host.removeAllListeners('SIGHUP');
  const onHangup = (): void => {
    if (hadTerminal && !hasTerminal()) host.kill(host.pid, 'SIGTERM');
    else void agent.reload();
  };
  host.on('SIGHUP', onHangup);
  return () => host.off('SIGHUP', onHangup);
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
