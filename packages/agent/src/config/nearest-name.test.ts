import { describe, expect, it } from 'vitest';
import { didYouMean, nearestName } from './nearest-name.ts';

describe('the nearest name', () => {
  it.each([
    ['client_di', 'client_id'],
    ['clientid', 'client_id'],
    ['Client_Secret', 'client_secret'],
    ['scopes', 'scope'],
    ['audiance', 'audience'],
  ])('of %s is %s', (name, meant) => {
    expect(nearestName(name, ['domain', 'client_id', 'client_secret', 'audience', 'scope'])).toBe(meant);
  });

  it('is none where nothing is close, and then the known names are listed', () => {
    expect(nearestName('frequency', ['domain', 'scope'])).toBeUndefined();
    expect(didYouMean('frequency', ['domain', 'scope'])).toBe('; known: `domain`, `scope`');
    expect(didYouMean('scop', ['domain', 'scope'])).toBe('; did you mean `scope`?');
  });
});
