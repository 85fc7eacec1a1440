export { type RedisErrorCode, RedisStoreError } from './redis-store-error.ts';
export type { RedisAddress, RedisStoreOptions } from './redis-store-options.ts';
export { openRedisStore, type RedisTokenStore } from './redis-token-store.ts';
