import { Writable } from 'node:stream';
import { TokenKeeper } from '@evertoken/client';
import { createLog } from '@evertoken/service';
import { ManualClock } from '@evertoken/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { TokenBook } from '../../tokens/token-book.ts';
import { TokenFiles } from './token-files.ts';

/** Entries for a token that nobody holds yet: nothing is written, and every timer of the clock is a look at the files. */
function tokenFiles() {
  const clock = new ManualClock();
  const keeper = new TokenKeeper({ clock, fetch: () => Promise.reject(new Error('this test asks nobody')) });
  const log = createLog({ program: 'agent', pretty: false, level: 'fatal', destination: new Writable() });
  const files = new TokenFiles(new TokenBook(keeper, clock, undefined), { log, clock });
  onTestFinished(async () => {
    await files.close();
    await keeper.close();
  });
  return { clock, files };
}

const entry = { token: 'orders', path: '/nowhere/orders.jwt', mode: 0o600, owner: undefined, removeOnStop: false };

it('looks at the files once each half minute, however often a reload falls into a look', async () => {
  const { clock, files } = tokenFiles();
  await files.replace([entry]);
  for (let reload = 0; reload < 5; reload += 1) {
    const replaced = files.replace([entry]);
    clock.advance(30_000);
    await replaced;
    await files.settled();
    expect(clock.timers).toBe(1);
  }
});

it('looks no more when a reload that falls into a look leaves no file', async () => {
  const { clock, files } = tokenFiles();
  await files.replace([entry]);
  const replaced = files.replace([]);
  clock.advance(30_000);
  await replaced;
  await files.settled();
  expect(clock.timers).toBe(0);
});

it('looks no more after it was closed, though a reload was still under way', async () => {
  const { clock, files } = tokenFiles();
  const replaced = files.replace([entry]);
  await files.close();
  await replaced;
  expect(clock.timers).toBe(0);
});
