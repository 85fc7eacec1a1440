import { sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { AccessTokenClaims } from './access-token-claims.ts';
import type { PublishedKey } from './published-key.ts';

const signAsync = promisify(sign);
const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * Signs access tokens as compact RS256 JWS (RFC 7515) on the thread pool.
 *
 * RS256 is deterministic and the profile has no `jti`: the same claims are the same token. So those who ask for the same claims within
 * one second share one signature.
 */
export class TokenSigner {
  #second = 0;
  #ofSecond = new Map<string, Promise<string>>();

  async sign(claims: AccessTokenClaims, key: PublishedKey): Promise<string> {
    if (claims.iat !== this.#second) {
      this.#second = claims.iat;
      this.#ofSecond = new Map();
    }
    const input = `${base64url({ alg: 'RS256', typ: 'JWT', kid: key.kid })}.${base64url(claims)}`;
    const shared = this.#ofSecond;
    const known = shared.get(input);
    if (known !== undefined) return known;
    const token = signAsync('sha256', Buffer.from(input), key.privateKey).then(
      (signature) => `${input}.${signature.toString('base64url')}`,
    );
    shared.set(input, token);
    // A failed signature must not be handed to those who ask next.
    token.catch(() => shared.delete(input));
    return token;
  }
}
