import type { TokenBook } from '../../tokens/token-book.ts';
import type { Family } from './family.ts';

/** The state of the shared store. */
export function storeFamilies({ keeper, shared }: TokenBook): readonly Family[] {
  const degraded: Family = {
    name: 'evertoken_store_degraded',
    help: '1 while the shared store is away and this agent mints for itself.',
    type: 'gauge',
    samples: () => [{ labels: {}, value: keeper.isSharedStoreDown ? 1 : 0 }],
  };
  if (shared === undefined) return [degraded];
  const { kind } = shared;
  const counter = (name: string, help: string, member: keyof typeof shared.counts): Family => ({
    name,
    help,
    type: 'counter',
    samples: () => [{ labels: { kind }, value: shared.counts[member] }],
  });
  return [
    degraded,
    counter('evertoken_store_errors_total', 'Commands that the shared store failed.', 'failed'),
    counter('evertoken_store_unreadable_records_total', 'Records of the shared store that could not be read.', 'unreadable'),
    counter(
      'evertoken_store_ended_records_total',
      'Records of the shared store whose token has ended by the clock of this machine, and not by that of the store.',
      'endedHere',
    ),
    counter('evertoken_store_lease_waits_total', 'Times that another process had the lease to mint.', 'leaseWaits'),
  ];
}
