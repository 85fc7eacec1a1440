export { type Agent, type AgentOptions, startAgent } from './agent.ts';
export { AgentError, type AgentErrorCode } from './agent-error.ts';
export type { App } from './apps/app-directory.ts';
export { isWellFormedAppKey, newAppKey } from './apps/app-key.ts';
export { type AppKeyLines, appKeyLines } from './apps/app-key-lines.ts';
export type { AuditConfig } from './apps/audit/audit-config.ts';
export type { Rule } from './apps/rule.ts';
export { type CheckOptions, checkAgent } from './check/check-agent.ts';
export type { CheckFinding } from './check/check-finding.ts';
export { mintOnce } from './check/mint-once.ts';
export type {
  AgentConfig,
  ConfigPlaces,
  EffectiveValue,
  OutboundConfig,
  PassThroughIssuer,
  PostgresStoreConfig,
  RedisStoreConfig,
  SharedStoreConfig,
  StoreConfig,
  StoreTls,
  TokenConfig,
  TokenFileConfig,
} from './config/agent-config.ts';
export type { ConfigProblem } from './config/config-problem.ts';
export type { ConfigState } from './config/config-state.ts';
export { readConfiguredApps } from './config/configured-apps.ts';
export { type ConfiguredNames, readConfiguredNames } from './config/configured-names.ts';
export { type AgentConfigSource, loadAgentConfig } from './config/load-agent-config.ts';
export { nearestName } from './config/nearest-name.ts';
export { nameProblemOf } from './config/schema-parts.ts';
export { newSealingKey } from './config/sealing-key.ts';
export { secretVariablesOf } from './config/secret-variables.ts';
export type { ControlLink, ControlStatus } from './control/agent-control.ts';
export type { ReloadOutcome } from './control/reloader.ts';
export type { StatusAnswer, TokenAnswer, TokenStatusAnswer } from './deliver/token-answer.ts';
export { type Explanation, explainFailure, type FailureFacts } from './tokens/explain.ts';
export { type KeptTokens, keepTokens } from './tokens/keep-tokens.ts';
export { type RotatedStore, rotateStoreKey } from './tokens/rotate-store-key.ts';
