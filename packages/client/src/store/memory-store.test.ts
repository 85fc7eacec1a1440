import { tokenStoreContract } from '@evertoken/testkit';
import { MemoryStore } from './memory-store.ts';

tokenStoreContract('the memory store', () => Promise.resolve(new MemoryStore()));
