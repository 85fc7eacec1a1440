import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { TenantError } from '../tenant-error.ts';

const version = 'v1';
const ivBytes = 12;
const tagBytes = 16;
const digestBytes = 32;

/** Encrypts secrets for the database: AES-256-GCM under the master key, bound to the place where the value is stored. */
export class Seal {
  readonly #masterKey: Buffer;
  readonly #digestKey: Buffer;

  /** `masterKey`: 32 bytes. */
  constructor(masterKey: Buffer) {
    this.#masterKey = masterKey;
    this.#digestKey = Buffer.from(hkdfSync('sha256', masterKey, '', 'evertoken tenant: digests of secrets', 32));
  }

  /** Encrypts a text. `place` names its record and field; the value can be opened with the same `place` only. */
  close(plaintext: string, place: string): string {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#masterKey, iv).setAAD(Buffer.from(place));
    const sealed = Buffer.concat([iv, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${version}.${sealed.toString('base64url')}`;
  }

  /** Decrypts what {@link close} made. Throws `sealed_unreadable` where the master key or the place is another one, or the value was changed. */
  open(sealed: string, place: string): string {
    try {
      const [prefix, text] = sealed.split('.');
      if (prefix !== version || text === undefined) throw new Error('unknown form of sealed value');
      const bytes = Buffer.from(text, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', this.#masterKey, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
        .setAAD(Buffer.from(place))
        .setAuthTag(bytes.subarray(-tagBytes));
      return Buffer.concat([decipher.update(bytes.subarray(ivBytes, -tagBytes)), decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new TenantError('sealed_unreadable', {
        problem: 'A secret of the tenant cannot be unsealed: the master key is not the one that sealed it',
        place,
        step: 'Put the master key that belongs to this database back beside it, or start with another state folder.',
        cause,
      });
    }
  }

  /**
   * Encrypts the SHA-256 of a secret, so that nobody can try guesses at the secret without the master key. The same digest always gives the same text. AES
   * in ECB mode is enough here, as both blocks of a digest are as good as random; and a hundred thousand of them can be decrypted in one call.
   */
  closeDigest(digest: Uint8Array): string {
    const cipher = createCipheriv('aes-256-ecb', this.#digestKey, null).setAutoPadding(false);
    return Buffer.concat([cipher.update(digest), cipher.final()]).toString('base64url');
  }

  /** Decrypts what {@link closeDigest} made, in the same order. Another master key gives other digests, and no error. */
  openDigests(sealed: readonly string[]): Uint8Array[] {
    const all = Buffer.alloc(sealed.length * digestBytes);
    for (const [at, text] of sealed.entries()) all.write(text, at * digestBytes, digestBytes, 'base64url');
    const decipher = createDecipheriv('aes-256-ecb', this.#digestKey, null).setAutoPadding(false);
    const opened = Buffer.concat([decipher.update(all), decipher.final()]);
    return sealed.map((_, at) => opened.subarray(at * digestBytes, (at + 1) * digestBytes));
  }
}
