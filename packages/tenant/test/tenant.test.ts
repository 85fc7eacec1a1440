import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { runningTenant } from './running-tenant.ts';

describe('a tenant', () => {
  it('issues a token that verifies through its own JWKS', async () => {
    const tenant = await runningTenant();
    const token = await tenant.token();
    const keys = createRemoteJWKSet(new URL(`${tenant.url}/.well-known/jwks.json`));
    const { payload } = await jwtVerify(token, keys, {
      issuer: `https://${tenant.domain}/`,
      audience: tenant.application.audience,
      algorithms: ['RS256'],
      currentDate: new Date(tenant.clock.nowMs),
    });
    expect(Object.keys(payload)).toEqual(['iss', 'sub', 'aud', 'iat', 'exp', 'scope', 'gty', 'azp']);
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', typ: 'JWT', kid: expect.stringMatching(/^[\w-]{21}$/) as string });
  });
});
