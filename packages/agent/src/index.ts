export { AgentError, type AgentErrorCode } from './agent-error.ts';
export type { App } from './apps/app-directory.ts';
export { isWellFormedAppKey, newAppKey } from './apps/app-key.ts';
export type { Rule } from './apps/rule.ts';
export type { AgentConfig, ConfigPlaces, OutboundConfig, TokenConfig } from './config/agent-config.ts';
export type { ConfigProblem } from './config/config-problem.ts';
export { type AgentConfigSource, loadAgentConfig } from './config/load-agent-config.ts';
