import type { AssertionAlgorithm, ExportableKey, PrivateKey, PrivateKeyMaterial, SigningKey } from '../options.ts';
import { checkPem } from './client-credential.ts';

/** Life of an assertion: from a little before now, against issuers whose clock is behind … */
const BACKDATED_SECONDS = 5;
/** … to a minute from now: each attempt has its own (`jti`), none is used twice. */
const LIFE_SECONDS = 60;

/** Whose assertion it is, for whom, and the issuer's time as far as it is known. */
export interface AssertionFacts {
  readonly clientId: string;
  readonly audience: string;
  readonly nowSeconds: number;
}

/** What signs, and how it is named in the header. */
interface Signer {
  readonly alg: AssertionAlgorithm;
  readonly kid: string | undefined;
  readonly sign: (data: Uint8Array<ArrayBuffer>) => Uint8Array | Promise<Uint8Array>;
}

/** Uses a part that the program gave. Where that fails it is not the key that is wrong, and the error that is thrown says so. */
export type UsePart = <T>(what: 'private key' | 'signer', use: () => T | Promise<T>) => Promise<T>;

/** A client assertion (RFC 7523 §2.2 and §3): a JWS in compact form. */
export async function signAssertion(
  privateKey: PrivateKey,
  { clientId, audience, nowSeconds }: AssertionFacts,
  usePart: UsePart,
): Promise<string> {
  const { alg, kid, sign } = 'sign' in privateKey ? remoteSignerOf(privateKey, usePart) : await signerOf(privateKey, usePart);
  const now = Math.floor(nowSeconds);
  const header = { alg, ...(kid === undefined ? {} : { kid }) };
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: audience,
    jti: base64url(crypto.getRandomValues(new Uint8Array(24))),
    iat: now - BACKDATED_SECONDS,
    exp: now + LIFE_SECONDS,
  };
  const signed = [header, claims].map((part) => base64url(new TextEncoder().encode(JSON.stringify(part)))).join('.');
  return `${signed}.${base64url(await sign(new TextEncoder().encode(signed)))}`;
}

/** A KMS or an HSM may be away. */
function remoteSignerOf({ alg, kid, sign }: Extract<PrivateKey, { sign: unknown }>, usePart: UsePart): Signer {
  return { alg, kid, sign: (data) => usePart('signer', async () => new Uint8Array(await sign(data))) };
}

async function signerOf(privateKey: Exclude<PrivateKey, { sign: unknown }>, usePart: UsePart): Promise<Signer> {
  const { key: source } = privateKey;
  const material = typeof source === 'function' ? await usePart('private key', source) : source;
  const key = await importKey(material, privateKey.alg);
  const alg = algorithmOf(key);
  const kid = privateKey.kid ?? (isPlainJwk(material) && typeof material['kid'] === 'string' ? material['kid'] : undefined);
  // A salt as long as the hash (RFC 7518 §3.5).
  const parameters = alg === 'PS256' ? { name: 'RSA-PSS', saltLength: 32 } : parametersOf(alg);
  return { alg, kid, sign: async (data) => new Uint8Array(await crypto.subtle.sign(parameters, key, data)) };
}

async function importKey(material: PrivateKeyMaterial, alg: AssertionAlgorithm | undefined): Promise<SigningKey> {
  if (typeof material === 'string') {
    checkPem(material);
    const der = Uint8Array.from(atob(material.replaceAll(/-----[^-]+-----|\s/g, '')), (char) => char.charCodeAt(0));
    return crypto.subtle.importKey('pkcs8', der, parametersOf(alg ?? (isEllipticKey(der) ? 'ES256' : 'RS256')), false, ['sign']);
  }
  if (isSigningKey(material)) return material;
  const jwk = isPlainJwk(material) ? material : ((material as ExportableKey).export({ format: 'jwk' }) as Record<string, unknown>);
  // The JWK's own `alg`, `use` and `key_ops` would overrule what is asked for here.
  const { alg: ownAlg, use: _use, key_ops: _operations, ext: _extractable, ...bare } = jwk;
  const chosen = alg ?? (ownAlg === 'PS256' || ownAlg === 'ES256' ? ownAlg : jwk['kty'] === 'EC' ? 'ES256' : 'RS256');
  return crypto.subtle.importKey('jwk', bare, parametersOf(chosen), false, ['sign']);
}

/** Whether a PKCS#8 key names id-ecPublicKey (RFC 5480 §2.1.1) as its algorithm, which it does right at its beginning (RFC 5208 §5). */
function isEllipticKey(der: Uint8Array): boolean {
  return String.fromCharCode(...der.subarray(0, 24)).includes('\x06\x07\x2a\x86\x48\xce\x3d\x02\x01');
}

/** A CryptoKey signs in one way alone. */
function algorithmOf({ algorithm }: SigningKey): AssertionAlgorithm {
  const { name, hash, namedCurve } = algorithm as { name: string; hash?: { name: string }; namedCurve?: string };
  if (name === 'ECDSA' && namedCurve === 'P-256') return 'ES256';
  if (hash?.name === 'SHA-256' && name === 'RSA-PSS') return 'PS256';
  if (hash?.name === 'SHA-256' && name === 'RSASSA-PKCS1-v1_5') return 'RS256';
  throw new TypeError(`A key for ${name} signs none of RS256, PS256 and ES256.`);
}

function isSigningKey(material: object): material is SigningKey {
  return 'usages' in material && 'algorithm' in material;
}

function isPlainJwk(material: PrivateKeyMaterial): material is Readonly<Record<string, unknown>> {
  return typeof material === 'object' && typeof (material as { kty?: unknown }).kty === 'string';
}

function parametersOf(alg: AssertionAlgorithm): { name: string; hash: string; namedCurve?: string } {
  if (alg === 'ES256') return { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  return { name: alg === 'PS256' ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
