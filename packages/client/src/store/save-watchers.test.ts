import { beforeEach, describe, expect, it } from 'vitest';
import { SaveWatchers } from './save-watchers.ts';

describe('those who wait for what others save', () => {
  let watchers: SaveWatchers;
  let told: string[];
  const watch = (key: string, name: string): (() => void) => watchers.add(key, () => void told.push(name));

  beforeEach(() => {
    watchers = new SaveWatchers();
    told = [];
  });

  it('are told of their own key alone', () => {
    watch('one', 'first');
    watch('one', 'second');
    watch('other', 'third');
    watchers.tell('one');
    expect(told).toEqual(['first', 'second']);
    watchers.tell('nobody watches this');
    expect(told).toHaveLength(2);
  });

  it('are told by the message of another process, and not by one of their own', () => {
    watch('one', 'first');
    watchers.hear(watchers.messageOf('one'));
    expect(told).toEqual([]);
    watchers.hear(new SaveWatchers().messageOf('other'));
    watchers.hear('');
    expect(told).toEqual([]);
    watchers.hear(new SaveWatchers().messageOf('one'));
    expect(told).toEqual(['first']);
  });

  it('are all told when something may have been missed', () => {
    watch('one', 'first');
    watch('other', 'second');
    watchers.tellAll();
    expect(told).toEqual(['first', 'second']);
  });

  it('are told no more once they have ended it, also in the middle of the telling', () => {
    const end = watch('one', 'first');
    watchers.add('one', end);
    watchers.tell('one');
    watchers.tell('one');
    expect(told).toEqual(['first']);
    watch('one', 'again');
    watchers.clear();
    watchers.tellAll();
    expect(told).toEqual(['first']);
  });
});
