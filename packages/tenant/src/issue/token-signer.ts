import { constants, createHmac, type KeyObject, type SignKeyObjectInput, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { TenantError } from '../tenant-error.ts';
import type { AccessTokenClaims } from './access-token-claims.ts';

const signAsync = promisify(sign);

/** The algorithm and the key that sign a token: a key of the tenant, or the secret that it shares with the API. */
export type SigningMaterial =
  | { readonly alg: 'HS256'; readonly secret: string }
  | { readonly alg: 'RS256' | 'RS512' | 'PS256'; readonly kid: string; readonly privateKey: KeyObject };

/** A token to be made. */
export interface UnsignedToken {
  readonly typ: 'JWT' | 'at+jwt';
  readonly claims: AccessTokenClaims;
}

/** So many signatures are shared: those who ask for the same come close together, and each garbage collection moves what is kept. */
const mostShared = 128;

const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
const base64url = (text: string): string => Buffer.from(text).toString('base64url');

/**
 * Signs access tokens as compact JWS (RFC 7515), RSA on the thread pool.
 *
 * RS256 and RS512 are deterministic, and a token of Auth0's profile has no `jti`, so that the same claims always give the same token. Requests for the same
 * claims within one second therefore share one signature, where no more than 127 others came between. Tokens with a `jti`, and those signed with PS256, are
 * signed one by one.
 */
export class TokenSigner {
  readonly #maxInFlight: number;
  #inFlight = 0;
  #second = 0;
  #ofSecond = new Map<string, Promise<string>>();
  readonly #headers = new Map<string, string>();

  /** @param maxInFlight signatures that may be under way at once; default 1 000, about a second of work */
  constructor({ maxInFlight = 1_000 }: { maxInFlight?: number } = {}) {
    this.#maxInFlight = maxInFlight;
  }

  /** Gives a promise where it takes time. Rejects with {@link TenantError} `overloaded` where too many signatures are under way. */
  sign({ typ, claims }: UnsignedToken, material: SigningMaterial): string | Promise<string> {
    const input = `${this.#header(typ, material)}.${base64url(JSON.stringify(claims))}`;
    if (material.alg === 'HS256') return `${input}.${createHmac('sha256', material.secret).update(input).digest('base64url')}`;
    if (material.alg === 'PS256' || claims.jti !== undefined) return this.#signed(input, material);
    if (claims.iat !== this.#second) {
      this.#second = claims.iat;
      this.#ofSecond = new Map();
    }
    const shared = this.#ofSecond;
    const known = shared.get(input);
    if (known !== undefined) return known;
    const token = this.#signed(input, material);
    shared.set(input, token);
    if (shared.size > mostShared) forgetFirst(shared);
    // The next request must not get a signature that failed.
    token.catch(() => shared.delete(input));
    return token;
  }

  async #signed(input: string, { alg, privateKey }: Exclude<SigningMaterial, { alg: 'HS256' }>): Promise<string> {
    if (this.#inFlight >= this.#maxInFlight) {
      throw new TenantError('overloaded', { problem: 'More tokens are asked for than can be signed', step: 'Ask again in a second.' });
    }
    this.#inFlight += 1;
    try {
      const key: KeyObject | SignKeyObjectInput = alg === 'PS256' ? { key: privateKey, ...pss } : privateKey;
      const signature = await signAsync(alg === 'RS512' ? 'sha512' : 'sha256', Buffer.from(input), key);
      return `${input}.${signature.toString('base64url')}`;
    } finally {
      this.#inFlight -= 1;
    }
  }

  #header(typ: UnsignedToken['typ'], material: SigningMaterial): string {
    // A token under a shared secret names no key. Not seen on Auth0 itself.
    const header = { alg: material.alg, typ, ...(material.alg !== 'HS256' && { kid: material.kid }) };
    const name = `${header.alg} ${typ} ${header.kid ?? ''}`;
    let encoded = this.#headers.get(name);
    if (encoded === undefined) {
      encoded = base64url(JSON.stringify(header));
      this.#headers.set(name, encoded);
    }
    return encoded;
  }
}

function forgetFirst(shared: Map<string, unknown>): void {
  for (const first of shared.keys()) {
    shared.delete(first);
    return;
  }
}
