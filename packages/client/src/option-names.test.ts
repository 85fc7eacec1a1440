import { describe, expect, it } from 'vitest';
import { keepToken, TokenKeeper } from './keep/token-keeper.ts';
import { MemoryStore } from './store/memory-store.ts';

const request = { tokenEndpoint: 'https://login.example.com/token', clientId: 'worker', clientSecret: 's3cret' };

describe('an option that means nothing', () => {
  it.each<[string, () => unknown, string]>([
    ['of a token request', () => keepToken({ ...request, audiance: 'x' } as never), '`audiance` is unknown; known are domain, issuer, '],
    ['of a token request, spelt nearly', () => keepToken({ ...request, clientsecret: 'x' } as never), 'Did you mean `clientSecret`?'],
    ['of a keeper', () => new TokenKeeper({ stroe: new MemoryStore() } as never), 'Did you mean `store`?'],
    ['of keeping', () => new TokenKeeper().keep(request, { isDeclard: false } as never), 'Did you mean `isDeclared`?'],
    ['of a policy', () => new TokenKeeper({ policy: { waitMS: 3 } as never }), 'Did you mean `policy.waitMs`?'],
    ['a store that is none', () => new TokenKeeper({ store: {} as never }), '`store` must have `load`, '],
    ['a store that is null', () => new TokenKeeper({ store: null as never }), '`store` must have `load`, '],
    ['a clock that is none', () => new TokenKeeper({ clock: { now: Date.now } as never }), '`monotonic` is no function'],
    ['a fetch that is none', () => new TokenKeeper({ fetch: 'x' as never }), '`fetch` must be a function.'],
    ['a schedule that is none', () => new TokenKeeper({ schedule: 'never' as never }), '`schedule` must be "timer" or "on-access".'],
    [
      'a local store alone',
      () => new TokenKeeper({ localStore: new MemoryStore() }),
      '`localStore` stands beside a `store` that is shared',
    ],
  ])('is refused by name: %s', (_what, make, message) => {
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });

  it('has no known one named beside it that is nothing like it', () => {
    expect(() => keepToken({ ...request, colour: 'red' } as never)).toThrow(/parameters\.$/);
  });
});
