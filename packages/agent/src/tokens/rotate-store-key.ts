import { AgentError } from '../agent-error.ts';
import { storeStepOf } from '../check/check-shared-store.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import { type FleetStore, openSharedStore, placeOf } from './shared-store.ts';

const commandTimeoutMs = 5_000;

/** What was found in the shared store: records sealed anew, sealed with the first key already, and opened by none. */
export type RotatedStore = Awaited<ReturnType<FleetStore['rotate']>> & { readonly place: string };

/**
 * Seals with the first key of the config what the second one sealed, while agents go on.
 * @throws {AgentError} `store_unusable`: there is no shared store, or it fails.
 */
export async function rotateStoreKey(config: Pick<AgentConfig, 'store'>): Promise<RotatedStore> {
  const { shared } = config.store;
  if (shared === undefined) {
    const step = 'Name one as `store.redis` or `store.postgres` in the config file.';
    throw new AgentError('store_unusable', 'The config has no shared store, so there is no key to change', { step });
  }
  const store = await openSharedStore(shared, { commandTimeoutMs });
  try {
    return { place: placeOf(shared), ...(await store.rotate()) };
  } catch (cause) {
    throw new AgentError('store_unusable', `The shared store fails: ${(cause as Error).message}`, {
      step: storeStepOf(shared.kind, cause),
      cause,
    });
  } finally {
    await store.close();
  }
}
