export { type Agent, type AgentOptions, startAgent } from './agent.ts';
export { AgentError, type AgentErrorCode } from './agent-error.ts';
export type { App } from './apps/app-directory.ts';
export { isWellFormedAppKey, newAppKey } from './apps/app-key.ts';
export type { Rule } from './apps/rule.ts';
export type {
  AgentConfig,
  AuditConfig,
  ConfigPlaces,
  EffectiveValue,
  OutboundConfig,
  PassThroughIssuer,
  TokenConfig,
  TokenFileConfig,
} from './config/agent-config.ts';
export type { ConfigProblem } from './config/config-problem.ts';
export { type AgentConfigSource, loadAgentConfig } from './config/load-agent-config.ts';
export type { StatusAnswer, TokenAnswer, TokenStatusAnswer } from './deliver/token-answer.ts';
export { type Explanation, explainFailure, type FailureFacts } from './tokens/explain.ts';
