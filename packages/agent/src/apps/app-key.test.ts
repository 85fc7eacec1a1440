import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isWellFormedAppKey, newAppKey } from './app-key.ts';

describe('an app key', () => {
  it('is evk_ and 49 base62 digits, with its SHA-256 beside it', () => {
    const { key, sha256 } = newAppKey();
    expect(key).toMatch(/^evk_[0-9A-Za-z]{49}$/);
    expect(sha256).toBe(createHash('sha256').update(key).digest('hex'));
  });

  it('is another one each time', () => {
    const keys = new Set(Array.from({ length: 200 }, () => newAppKey().key));
    expect(keys.size).toBe(200);
  });

  it('is told from a mistyped one by its checksum', () => {
    const { key } = newAppKey();
    expect(isWellFormedAppKey(key)).toBe(true);
    const other = key[10] === 'x' ? 'y' : 'x';
    expect(isWellFormedAppKey(`${key.slice(0, 10)}${other}${key.slice(11)}`)).toBe(false);
    expect(isWellFormedAppKey(`${key}\n`)).toBe(false);
    expect(isWellFormedAppKey(key.slice(4))).toBe(false);
  });
});
