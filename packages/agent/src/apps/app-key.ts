import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { sha256Of } from '../sha256.ts';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const prefix = 'evk_';
const secretLength = 43;
const checksumLength = 6;

/** A new permanent app key, and its SHA-256 (hex) as the config holds it. The key itself is to be shown once and kept nowhere. */
export function newAppKey(): { key: string; sha256: string } {
  const secret = toBase62(BigInt(`0x${randomBytes(32).toString('hex')}`), secretLength);
  const key = `${prefix}${secret}${checksumOf(secret)}`;
  return { key, sha256: sha256Of(key).toString('hex') };
}

/** Whether `text` has the form of an app key: `evk_`, 43 base62 digits of 32 random bytes, 6 of their CRC-32. */
export function isWellFormedAppKey(text: string): boolean {
  if (!/^evk_[0-9A-Za-z]{49}$/.test(text)) return false;
  const secret = text.slice(prefix.length, prefix.length + secretLength);
  return text.endsWith(checksumOf(secret));
}

/** Whether `text` contains an app key or most of one: also with a blank after it, with a typing mistake, or cut short. */
export function holdsAppKey(text: string): boolean {
  return /evk_[0-9A-Za-z]{16}/.test(text);
}

// By the checksum, secret scanners recognise app keys, and we recognise typing mistakes, without knowing any key.
function checksumOf(secret: string): string {
  return toBase62(BigInt(crc32(secret)), checksumLength);
}

function toBase62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; rest > 0n; rest /= 62n) text = `${digits[Number(rest % 62n)]}${text}`;
  return text.padStart(length, '0');
}
