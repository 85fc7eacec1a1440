export { bundleProgram } from './bundle-program.ts';
export { freshFolder } from './fresh-folder.ts';
export { type HoldingRelay, openHoldingRelay, openPostgresRelay } from './holding-relay.ts';
export { ManualClock } from './manual-clock.ts';
export { nextTurn, passTime, untilSettled } from './pass-time.ts';
export { plainEnvironment } from './plain-environment.ts';
export { hasPostgres, type PrivatePostgres, startPrivatePostgres } from './private-postgres.ts';
export {
  hasRedis,
  type PrivateRedis,
  type RedisCertificate,
  startPrivateRedis,
  startRedisCluster,
  startSentinel,
} from './private-redis.ts';
export { SharedMemory } from './shared-memory.ts';
export { sharedTokenStoreContract } from './shared-token-store-contract.ts';
export {
  type FinishedProcess,
  type Printed,
  runProcess,
  type SpawnedProcess,
  type SpawnOptions,
  spawnProcess,
  watchProcesses,
} from './spawned-process.ts';
export { issueTokens, json, refuseWith, type Script, type SeenRequest, startTokenEndpoint, type TokenEndpoint } from './token-endpoint.ts';
export { aKey, aStoredToken, tokenStoreContract } from './token-store-contract.ts';
