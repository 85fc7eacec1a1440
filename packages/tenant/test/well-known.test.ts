import { createHash, X509Certificate } from 'node:crypto';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { runningTenant, temporaryFolder } from './running-tenant.ts';

interface Jwk {
  kid: string;
  n: string;
  x5t: string;
  x5c: [string];
}

describe('the tenant tells of itself', () => {
  it('by both discovery documents, and announces only what works', async () => {
    const tenant = await runningTenant({ domain: 'login.example.com' });
    for (const name of ['openid-configuration', 'oauth-authorization-server']) {
      const response = await fetch(`${tenant.url}/.well-known/${name}`);
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(await response.json()).toEqual({
        issuer: 'https://login.example.com/',
        token_endpoint: 'https://login.example.com/oauth/token',
        jwks_uri: 'https://login.example.com/.well-known/jwks.json',
        grant_types_supported: ['client_credentials'],
        response_types_supported: ['none'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
        token_endpoint_auth_signing_alg_values_supported: ['RS256', 'RS384', 'PS256'],
        request_uri_parameter_supported: false,
        request_parameter_supported: false,
      });
    }
  });

  it('by the current and the next key, each with its certificate', async () => {
    const tenant = await runningTenant();
    const response = await fetch(`${tenant.url}/.well-known/jwks.json`);
    expect(response.headers.get('cache-control')).toBe('public, max-age=15, stale-while-revalidate=15, stale-if-error=86400');
    const { keys } = (await response.json()) as { keys: Jwk[] };
    expect(keys).toHaveLength(2);
    for (const key of keys) {
      expect(Object.keys(key)).toEqual(['kty', 'use', 'n', 'e', 'kid', 'x5t', 'x5c', 'alg']);
      const certificate = new X509Certificate(Buffer.from(key.x5c[0], 'base64'));
      expect(key.x5t).toBe(createHash('sha1').update(certificate.raw).digest('base64url'));
      expect(certificate.publicKey.export({ format: 'jwk' }).n).toBe(key.n);
      expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
      expect(certificate.verify(certificate.publicKey)).toBe(true);
    }
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(2);
  });

  it('so that jose verifies its tokens, and no token of another tenant', async () => {
    const tenant = await runningTenant();
    const other = await runningTenant({ path: await temporaryFolder(), domain: tenant.domain });
    const keys = createRemoteJWKSet(new URL(`${tenant.url}/.well-known/jwks.json`));
    const expected = {
      issuer: `https://${tenant.domain}/`,
      audience: tenant.application.audience,
      algorithms: ['RS256'],
      typ: 'JWT',
      currentDate: new Date(tenant.clock.nowMs),
    };
    const { payload } = await jwtVerify(await tenant.token(), keys, expected);
    expect(payload['azp']).toBe(tenant.application.clientId);
    await expect(jwtVerify(await other.token(), keys, expected)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  });
});
