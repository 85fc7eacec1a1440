import * as oauth from 'oauth4webapi';
import type { AssertionAlgorithm, ExportableKey, PrivateKey, PrivateKeyMaterial, SigningKey } from '../options.ts';
import { checkPem } from './client-credential.ts';

/** Life of an assertion: from a little before now, against issuers whose clock is behind … */
const BACKDATED_SECONDS = 5;
/** … to a minute from now: each attempt has its own (`jti`), none is used twice. */
const LIFE_SECONDS = 60;

/** Client authentication by a signed assertion (RFC 7523 §2.2); `nowSeconds` is the issuer's time as far as it is known. */
export async function privateKeyJwt(privateKey: PrivateKey, nowSeconds: () => number): Promise<oauth.ClientAuth> {
  if ('sign' in privateKey) return signedElsewhere(privateKey, nowSeconds);
  const material = typeof privateKey.key === 'function' ? await privateKey.key() : privateKey.key;
  const key = await importKey(material, privateKey.alg);
  const kid = privateKey.kid ?? (isPlainJwk(material) && typeof material['kid'] === 'string' ? material['kid'] : undefined);
  return oauth.PrivateKeyJwt(kid === undefined ? key : { key, kid }, {
    [oauth.modifyAssertion]: (_header, payload) => {
      delete payload['nbf'];
      Object.assign(payload, timesOf(nowSeconds()));
    },
  });
}

/** The library signs with keys it holds; a KMS holds its own. */
function signedElsewhere({ sign, alg, kid }: Extract<PrivateKey, { sign: unknown }>, nowSeconds: () => number): oauth.ClientAuth {
  return async (as, client, body) => {
    const header = { alg, ...(kid === undefined ? {} : { kid }) };
    const { client_id: clientId } = client;
    const payload = { iss: clientId, sub: clientId, aud: as.issuer, jti: oauth.generateRandomState(), ...timesOf(nowSeconds()) };
    const signed = `${encode(JSON.stringify(header))}.${encode(JSON.stringify(payload))}`;
    const signature = await sign(new TextEncoder().encode(signed));
    body.set('client_id', clientId);
    body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    body.set('client_assertion', `${signed}.${encode(signature)}`);
  };
}

function timesOf(now: number): { iat: number; exp: number } {
  return { iat: Math.floor(now) - BACKDATED_SECONDS, exp: Math.floor(now) + LIFE_SECONDS };
}

async function importKey(material: PrivateKeyMaterial, alg: AssertionAlgorithm | undefined): Promise<SigningKey> {
  if (typeof material === 'string') {
    checkPem(material);
    const der = Uint8Array.from(atob(material.replaceAll(/-----[^-]+-----|\s/g, '')), (char) => char.charCodeAt(0));
    return crypto.subtle.importKey('pkcs8', der, parametersOf(alg ?? 'RS256'), false, ['sign']);
  }
  if (isSigningKey(material)) return material;
  const jwk = isPlainJwk(material) ? material : ((material as ExportableKey).export({ format: 'jwk' }) as Record<string, unknown>);
  // The JWK's own `alg`, `use` and `key_ops` would overrule what is asked for here.
  const { alg: ownAlg, use: _use, key_ops: _operations, ext: _extractable, ...bare } = jwk;
  const chosen = alg ?? (ownAlg === 'PS256' || ownAlg === 'ES256' ? ownAlg : jwk['kty'] === 'EC' ? 'ES256' : 'RS256');
  return crypto.subtle.importKey('jwk', bare, parametersOf(chosen), false, ['sign']);
}

function isSigningKey(material: object): material is SigningKey {
  return 'usages' in material && 'algorithm' in material;
}

function isPlainJwk(material: PrivateKeyMaterial): material is Readonly<Record<string, unknown>> {
  return typeof material === 'object' && typeof (material as { kty?: unknown }).kty === 'string';
}

function parametersOf(alg: AssertionAlgorithm): { name: string; hash?: string; namedCurve?: string } {
  if (alg === 'ES256') return { name: 'ECDSA', namedCurve: 'P-256' };
  return { name: alg === 'PS256' ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
}

function encode(data: string | Uint8Array): string {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
