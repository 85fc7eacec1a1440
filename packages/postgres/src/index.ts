export type { PostgresStoreOptions } from './postgres-store-options.ts';
export { openPostgresStore, type PostgresTokenStore, type Rotation } from './postgres-token-store.ts';
