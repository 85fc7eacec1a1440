import { AgentError } from '../agent-error.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import { type FleetStore, openSharedStore, placeOf } from './shared-store.ts';
import { storeStepOf } from './shared-store-steps.ts';

const commandTimeoutMs = 5_000;

/** How many records of the shared store were sealed again, had the first key already, or could be opened by no key; and where the store is. */
export type RotatedStore = Awaited<ReturnType<FleetStore['rotate']>> & { readonly place: string };

/**
 * Seals the records that are sealed with the second key of the config again, with the first one. Agents may go on meanwhile.
 * @throws {AgentError} `store_unusable`: there is no shared store, or it fails.
 */
export async function rotateStoreKey(config: Pick<AgentConfig, 'store'>): Promise<RotatedStore> {
  const { shared } = config.store;
  if (shared === undefined) {
    const step = 'Name one as `store.redis` or `store.postgres` in the config file.';
    throw new AgentError('store_unusable', { problem: 'The config has no shared store, so there is no key to change', step });
  }
  const store = await openSharedStore(shared, { commandTimeoutMs });
  try {
    return { place: placeOf(shared), ...(await store.rotate()) };
  } catch (cause) {
    throw new AgentError('store_unusable', {
      problem: `The shared store fails: ${(cause as Error).message}`,
      step: storeStepOf(shared.kind, cause),
      cause,
    });
  } finally {
    await store.close();
  }
}
