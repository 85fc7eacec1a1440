import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { atTurnEnd, linesOfTurn } from '../src/index.ts';

it('the lines of one turn are written together at its end, before the answers that were given after them', async () => {
  const written: string[] = [];
  const lines = linesOfTurn((text) => written.push(text));
  lines.write('one\n');
  atTurnEnd(() => written.push('answer'));
  lines.write('two\n');
  expect(written).toEqual([]);
  await nextTurn();
  expect(written).toEqual(['one\ntwo\n', 'answer']);
  lines.write('three\n');
  await nextTurn();
  expect(written.at(-1)).toBe('three\n');
});

it('a process that ends in the middle of a turn writes its lines at its exit', () => {
  const written: string[] = [];
  const lines = linesOfTurn((text) => written.push(text));
  const others = process.listeners('exit');
  lines.write('one\n');
  lines.write('last\n');
  const [atExit] = process.listeners('exit').filter((listener) => !others.includes(listener));
  atExit?.(0);
  expect(written).toEqual(['one\nlast\n']);
  expect(process.listeners('exit')).toEqual(others);
});
