import type { SharedStoreConfig } from '../config/agent-config.ts';
import { openSharedStore, placeOf } from '../tokens/shared-store.ts';
import { storeStepOf } from '../tokens/shared-store-steps.ts';
import { type CheckFinding, findingOf } from './check-finding.ts';

/** Longer than an agent waits, so that a slow store is not reported as one that is away. */
const commandTimeoutMs = 5_000;

/** Whether the shared store can do everything that the agent asks of it, and what mends it if not. */
export async function checkSharedStore(config: SharedStoreConfig): Promise<CheckFinding> {
  const subject = placeOf(config);
  try {
    const store = await openSharedStore(config, { commandTimeoutMs });
    try {
      await store.check();
    } finally {
      await store.close();
    }
    return { area: 'store', subject, level: 'ok', what: 'tokens can be shared' };
  } catch (error) {
    const meaning = 'Until that is mended each agent mints for itself.';
    return { step: storeStepOf(config.kind, error), meaning, ...findingOf('store', subject, error) };
  }
}
