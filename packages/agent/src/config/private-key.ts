import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { PrivateKey, PrivateKeyMaterial } from '@evertoken/client';
import { identified } from '@evertoken/client/secrets';
import { openSecretSource, type ReferenceContext } from './reference.ts';
import type { Reference } from './schema-parts.ts';

/**
 * The private key that `reference` names, for private_key_jwt. A file or command is read again at each mint. Everything but a command is also checked now.
 *
 * @throws {Error} where it cannot be read, is not a key, or is not one for `alg`; the message holds nothing of the key.
 */
export async function openPrivateKey(
  reference: Reference,
  signing: { readonly alg: 'RS256' | 'PS256' | 'ES256' | undefined; readonly kid: string | undefined },
  context: ReferenceContext,
): Promise<PrivateKey> {
  const { alg, kid } = signing;
  const source = await openSecretSource(reference, context);
  const read = identified(
    async (): Promise<PrivateKeyMaterial> => readKey(typeof source === 'function' ? await source() : source, alg),
    [source],
  );
  if (typeof reference === 'string' || !('command' in reference)) await read();
  return { key: read, ...(alg !== undefined && { alg }), ...(kid !== undefined && { kid }) };
}

function readKey(text: string, alg: string | undefined): PrivateKeyMaterial {
  const jwk = text.trimStart().startsWith('{') ? parseJwk(text) : undefined;
  const key = keyOf(jwk ?? text);
  const type = key.asymmetricKeyType;
  const isEcdsa = type === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  if (type !== 'rsa' && !isEcdsa)
    throw new Error(`is a key of type ${type}; RS256 and PS256 take an RSA key, ES256 one on the curve P-256`);
  if (alg !== undefined && isEcdsa !== (alg === 'ES256')) {
    throw new Error(
      `does not sign as \`alg: ${alg}\` says; it is ${isEcdsa ? 'a key on P-256, for ES256' : 'an RSA key, for RS256 or PS256'}`,
    );
  }
  // A JWK may name its kid and alg, which the client takes from it.
  return jwk ?? key;
}

function keyOf(material: Readonly<Record<string, unknown>> | string): KeyObject {
  try {
    return createPrivateKey(typeof material === 'string' ? material : { key: material as JsonWebKey, format: 'jwk' });
  } catch {
    throw new Error(whyNoKey(material));
  }
}

function whyNoKey(material: Readonly<Record<string, unknown>> | string): string {
  if (typeof material !== 'string') return 'is no private key as JWK; a private JWK has `kty` and `d`';
  if (material.includes('ENCRYPTED')) return 'is a key under a passphrase; take that off: openssl pkcs8 -topk8 -nocrypt -in key.pem';
  if (/-----BEGIN (?:PUBLIC KEY|CERTIFICATE)/.test(material)) return 'holds a public key; name the private key that belongs to it';
  return 'is no private key; it is to hold a PEM that begins with -----BEGIN, or a JWK';
}

function parseJwk(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    throw new Error('begins like a JWK and is no JSON');
  }
}
