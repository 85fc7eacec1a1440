// What stores that processes share are made of: the entry `@evertoken/client/shared-store`.
export { type FleetRecord, FleetRecords, type FoundRecord, type RecordCounts, useOnce } from './fleet-records.ts';
export type { FleetTokenStore, Rotation } from './fleet-token-store.ts';
export { SaveWatchers } from './save-watchers.ts';
export type { Lease, SharedTokenStore } from './shared-token-store.ts';
export { TokenSeal } from './token-seal.ts';
export { isBelievable, type StoredToken } from './token-store.ts';
