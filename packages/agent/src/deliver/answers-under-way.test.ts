import { ManualClock } from '@evertoken/testkit';
import { expect, it } from 'vitest';
import { AnswersUnderWay } from './answers-under-way.ts';

it('who waits is told when the last answer has ended, at once where there is none', async () => {
  const clock = new ManualClock();
  const underWay = new AnswersUnderWay(clock);
  expect(await underWay.ended(1_000)).toBe(0);
  underWay.begin();
  underWay.begin();
  const ended = underWay.ended(1_000);
  underWay.end();
  underWay.end();
  expect([await ended, clock.timers]).toEqual([0, 0]);
});

it('who waits is told after a while how many do not end', async () => {
  const clock = new ManualClock();
  const underWay = new AnswersUnderWay(clock);
  underWay.begin();
  underWay.begin();
  const ended = underWay.ended(1_000);
  underWay.end();
  clock.advance(1_000);
  expect(await ended).toBe(1);
  underWay.end();
});
