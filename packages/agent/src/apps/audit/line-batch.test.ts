import { ManualClock } from '@evertoken/testkit';
import { expect, it } from 'vitest';
import { LineBatch } from './line-batch.ts';

/** A batch into a sink that may be made to fail, also after `room` batches, or to hang. */
function aBatch() {
  const clock = new ManualClock();
  const [written, errors]: [string[], unknown[]] = [[], []];
  const sink = { isFull: false, room: Number.POSITIVE_INFINITY, hold: Promise.resolve() };
  const batch = new LineBatch(
    async (text) => {
      await sink.hold;
      if (sink.isFull || sink.room === 0) throw new Error('no room');
      sink.room -= 1;
      written.push(text);
    },
    { clock, onError: (error) => errors.push(error), formatLoss: (lines) => `lost ${lines}` },
  );
  return { clock, batch, written, errors, sink };
}

it('writes many lines in one go, a quarter of a second after the first', async () => {
  const { clock, batch, written } = aBatch();
  for (const line of ['one', 'two', 'three']) batch.add(line);
  clock.advance(249);
  expect(written).toEqual([]);
  clock.advance(1);
  await batch.flush();
  expect(written).toEqual(['one\ntwo\nthree\n']);
  expect(clock.timers).toBe(0);
});

it('writes at once what is long enough', async () => {
  const { batch, written } = aBatch();
  for (let count = 0; count < 70; count += 1) batch.add('x'.repeat(1_000));
  await expect.poll(() => written.join('').length).toBe(65_536 - (65_536 % 1_001) + 1_001);
  await batch.close();
  expect(written.join('')).toBe(`${'x'.repeat(1_000)}\n`.repeat(70));
});

it('keeps the order of lines that come while others are written', async () => {
  const { batch, written, sink } = aBatch();
  let release = (): void => undefined;
  sink.hold = new Promise((resolve) => {
    release = resolve;
  });
  batch.add('first');
  const flushed = batch.flush();
  batch.add('second');
  release();
  await flushed;
  await batch.close();
  expect(written.join('')).toBe('first\nsecond\n');
});

it('holds what cannot be written, tells once, and writes it all when there is room again', async () => {
  const { clock, batch, written, errors, sink } = aBatch();
  sink.isFull = true;
  batch.add('one');
  await batch.flush();
  batch.add('two');
  await batch.flush();
  expect([written, errors.length]).toEqual([[], 1]);
  expect(batch.counts).toEqual({ held: 2, lost: 0, failures: 2 });
  sink.isFull = false;
  clock.advance(250);
  await batch.flush();
  expect(written).toEqual(['one\ntwo\n']);
  expect(batch.counts).toEqual({ held: 0, lost: 0, failures: 2 });
});

it('writes a backlog in pieces of whole lines, so that a little room takes some of it', async () => {
  const { batch, written, sink } = aBatch();
  sink.isFull = true;
  for (let count = 0; count < 200; count += 1) batch.add('x'.repeat(1_000));
  await batch.flush();
  expect(batch.counts).toEqual({ held: 200, lost: 0, failures: 1 });
  [sink.isFull, sink.room] = [false, 1];
  await batch.flush();
  expect([written.length, batch.counts.held]).toEqual([1, 200 - 66]);
  sink.room = Number.POSITIVE_INFINITY;
  await batch.flush();
  expect(written.map((text) => text.length)).toEqual([66_066, 66_066, 66_066, 2_002]);
  expect([written.join(''), batch.counts.held]).toEqual([`${'x'.repeat(1_000)}\n`.repeat(200), 0]);
});

it('holds 4 MiB at most, with what is on its way to the disk, and tells how many lines were lost', async () => {
  const { batch, written, sink } = aBatch();
  let release = (): void => undefined;
  sink.hold = new Promise((resolve) => {
    release = resolve;
  });
  sink.isFull = true;
  const line = 'x'.repeat(65_535);
  for (let count = 0; count < 30; count += 1) batch.add(line);
  for (let failure = 0; failure < 3; failure += 1) {
    const flushed = batch.flush();
    for (let count = 0; count < 100; count += 1) batch.add(line);
    release();
    await flushed;
  }
  sink.isFull = false;
  await batch.flush();
  await batch.close();
  const lines = written.join('').split('\n');
  const kept = lines.filter((text) => text === line).length;
  expect(kept).toBe(64);
  expect(lines.filter((text) => text.startsWith('lost'))).toEqual([`lost ${330 - kept}`]);
  expect(batch.counts).toMatchObject({ held: 0, lost: 330 - kept });
});

it('tells of a loss where the lost lines would stand, also where others came once there was room', async () => {
  const { clock, batch, written, sink } = aBatch();
  sink.isFull = true;
  const line = 'x'.repeat(65_535);
  for (let count = 0; count < 70; count += 1) batch.add(line);
  await batch.flush();
  // Room for one piece, in whose place a line comes.
  [sink.isFull, sink.room] = [false, 1];
  await batch.flush();
  batch.add('later');
  sink.room = Number.POSITIVE_INFINITY;
  await batch.close();
  const lines = written.join('').split('\n');
  expect([lines.length, lines.indexOf('lost 6'), lines.indexOf('later')]).toEqual([67, 64, 65]);
  expect([batch.counts, clock.timers]).toEqual([{ held: 0, lost: 6, failures: 2 }, 0]);
});

it('closes with everything written, and without a timer', async () => {
  const { clock, batch, written } = aBatch();
  batch.add('last');
  await batch.close();
  expect([written, clock.timers]).toEqual([['last\n'], 0]);
});

it('tells at the end how many lines are written nowhere', async () => {
  const { clock, batch, written, sink } = aBatch();
  sink.isFull = true;
  for (let count = 0; count < 70; count += 1) batch.add('x'.repeat(65_535));
  expect([await batch.close(), written, clock.timers]).toEqual([70, [], 0]);
  const other = aBatch().batch;
  other.add('last');
  expect(await other.close()).toBe(0);
});

it('waits for nothing more than the writing that is under way, however many lines come meanwhile', async () => {
  const { clock, batch, written, sink } = aBatch();
  let release = (): void => undefined;
  sink.hold = new Promise((resolve) => {
    release = resolve;
  });
  const line = 'x'.repeat(65_536);
  let flushes = 0;
  const flush = batch.flush.bind(batch);
  batch.flush = () => {
    flushes += 1;
    return flush();
  };
  for (let count = 0; count < 20; count += 1) batch.add(line);
  expect(flushes).toBe(1);
  release();
  await batch.close();
  expect(written.map(({ length }) => length)).toEqual(Array.from({ length: 20 }, () => 65_537));
  expect(clock.timers).toBe(0);
});
