import { randomBytes } from 'node:crypto';

const bytes = 32;

/** A new key of a shared store as people write it: 32 random bytes in base64url. */
export function newSealingKey(): string {
  return randomBytes(bytes).toString('base64url');
}

/** The bytes of a key written as base64url, base64 or hex. @throws {TypeError} where it is none. */
export function sealingKeyOf(text: string): Buffer {
  const problem = sealingKeyProblem(text);
  if (problem !== undefined) throw new TypeError(`The key ${problem}`);
  return Buffer.from(text.trim(), /^[0-9a-fA-F]{64}$/.test(text.trim()) ? 'hex' : 'base64');
}

/** Why `text` is no key of a shared store; undefined where it is one. Repeats nothing of it. */
export function sealingKeyProblem(text: string): string | undefined {
  const key = text.trim();
  const isKey = /^[0-9a-fA-F]{64}$/.test(key) || /^[A-Za-z0-9+/]{43}=?$/.test(key) || /^[\w-]{43}=?$/.test(key);
  return isKey ? undefined : `is no key of ${bytes} bytes as base64 or hex; make one with \`evertoken store-key new\``;
}
