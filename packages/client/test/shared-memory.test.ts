import { systemClock } from '@evertoken/client';
import { SharedMemory, sharedTokenStoreContract } from '@evertoken/testkit';

sharedTokenStoreContract('the shared memory of tests', () => {
  const memory = new SharedMemory(systemClock);
  return Promise.resolve([memory.store('one'), memory.store('other')]);
});
