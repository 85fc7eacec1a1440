export { type PostgresErrorCode, PostgresStoreError } from './postgres-store-error.ts';
export type { PostgresStoreOptions } from './postgres-store-options.ts';
export { openPostgresStore, type PostgresTokenStore } from './postgres-token-store.ts';
