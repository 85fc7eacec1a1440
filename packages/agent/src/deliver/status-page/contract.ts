/** What the status page is told of the agent. Placeholder of the first commit. */
export interface AgentSnapshot {
  readonly version: string;
}
