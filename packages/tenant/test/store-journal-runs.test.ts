import { expect, it } from 'vitest';
import type { LogEntry } from '../src/model/log-entry.ts';
import { logIds } from '../src/model/log-id.ts';
import { aJournal, startMs } from './a-journal.ts';

it('keeps a herd as one run, with the time and an id of each, and what comes between in its order', async () => {
  const { journal, clock, batches, runs, timers } = aJournal();
  const [herd, other] = [{ type: 'seccft', description: 'herd', clientId: 'c' } as const, { type: 'sapi', description: 'other' } as const];
  const steps = [0, 0, 3, -1, 0];
  for (const step of steps) {
    clock.nowMs += step;
    journal.write(herd);
  }
  for (const entry of [other, herd]) journal.write(entry);
  expect(timers).toHaveLength(1);
  await journal.flush();
  journal.write(herd);
  await journal.close();
  expect(runs.map(({ count }) => count)).toEqual([5, 1, 1, 1]);
  const [first = [], second] = batches;
  expect(first.map(({ atMs, event }) => [atMs - startMs, event['description']])).toEqual([
    ...[0, 0, 3, 2, 2].map((ms) => [ms, 'herd']),
    [2, 'other'],
    [2, 'herd'],
  ]);
  expect(second).toMatchObject([{ atMs: startMs + 2, clientId: 'c', type: 'seccft' }]);
  const ids = batches.flat().map(({ id }) => id);
  expect([ids.toSorted(), new Set(ids).size]).toEqual([ids, 8]);
});

it('ends a run that is long, and holds no more of one than of others while the store is away', async () => {
  const { journal, clock, state, lines, batches, runs } = aJournal();
  const herd = { type: 'seccft', description: 'herd' } as const;
  for (let number = 0; number < 2_500; number += 1) journal.write(herd);
  await journal.flush();
  expect(runs.map(({ count }) => count)).toEqual([1_000, 1_000, 500]);
  state.isAway = true;
  for (const body of ['x', 'y']) journal.write({ type: 'sapi', description: 'long', details: { body: body.repeat(15_500_000) } });
  await journal.flush();
  for (let number = 0; number < 1_100_000; number += 1) {
    clock.nowMs += 1;
    journal.write(herd);
  }
  state.isAway = false;
  await journal.flush();
  const { lost } = lines.find(({ event }) => event === 'logs.lost') as { lost: number };
  expect(lost).toBeGreaterThan(50_000);
  expect(batches.flat()).toHaveLength(2_500 + 2 + 1_100_000 - lost);
});

it('gives ids when it writes: what was held for long comes after what other nodes wrote meanwhile, with the time at which it was', async () => {
  const { journal, state, clock, batches } = aJournal();
  state.isAway = true;
  for (const description of ['tried', 'held']) {
    journal.write({ type: 'seccft', description });
    await journal.flush();
  }
  clock.nowMs += 30_000;
  const ofAnother = logIds()(clock.nowMs - 1);
  state.isAway = false;
  await journal.flush();
  const [tried, held] = batches.flat() as [LogEntry, LogEntry];
  expect([tried, held]).toMatchObject([{ event: { description: 'tried' } }, { atMs: startMs, event: { description: 'held' } }]);
  const ids = [ofAnother, tried.id, held.id];
  expect(ids.toSorted()).toEqual(ids);
});

it('keeps a batch once that the store kept though it failed, whether it is tried again at once or later', async () => {
  for (const laterMs of [1, 30_000]) {
    const { journal, state, clock, batches, descriptions } = aJournal();
    state.isForgetful = true;
    journal.write({ type: 'seccft', description: 'kept' });
    await journal.flush();
    state.isForgetful = false;
    clock.nowMs += laterMs;
    journal.write({ type: 'seccft', description: 'next' });
    await journal.close();
    expect([...new Map(batches.flat().map((entry) => [entry.id, entry.event['description']])).values()]).toEqual(['kept', 'next']);
    expect(descriptions()).toEqual(laterMs === 1 ? ['kept', 'kept', 'next'] : ['kept', 'next']);
  }
});
