import { formatListenAddress, longestSocketPath, type StateFolder } from '@evertoken/service';

/** The ports of an agent's loopback listeners; 0 takes a free one. */
export interface AgentPorts {
  readonly http: number;
  readonly https: number;
}

/** Ports that an agent has unless told otherwise. */
export const defaultAgentPorts: AgentPorts = { http: 8400, https: 8401 };

/** The options that {@link agentPortsOf} reads, for messages. */
export const agentPortOptions = '--agent-port or --agent-tls-port';

/** The ports that the options name. `--agent-port 0` frees both, unless the other one is named too. */
export function agentPortsOf(options: { agentPort?: number; agentTlsPort?: number }): AgentPorts {
  const { agentPort, agentTlsPort } = options;
  return { http: agentPort ?? defaultAgentPorts.http, https: agentTlsPort ?? (agentPort === 0 ? 0 : defaultAgentPorts.https) };
}

/** The addresses of an agent on these ports, and on a unix socket in the state folder where its path can be the address of one: short, without `?`. */
export function agentAddresses(folder: Pick<StateFolder, 'file'>, ports: AgentPorts): string[] {
  const path = folder.file('agent.sock');
  const hasSocket = Buffer.byteLength(path) <= longestSocketPath && !path.includes('?');
  const socket = hasSocket ? [formatListenAddress({ kind: 'unix', path, mode: 0o600 })] : [];
  return [...socket, `http://127.0.0.1:${ports.http}`, `https://localhost:${ports.https}`];
}
