import { createHmac } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import type { ResourceServerProperties } from '../src/model/resource-server.ts';
import { audience, type parties, tenantWith } from './token-parties.ts';

async function tokensOf(given: Parameters<typeof parties>[0]) {
  const { ask, ...more } = await tenantWith(given);
  const token = async (): Promise<string> => {
    const response = await ask();
    const body = (await response.json()) as { access_token: string };
    expect(response.status).toBe(200);
    return body.access_token;
  };
  return { ...more, token };
}

const dialect = (token_dialect: ResourceServerProperties['token_dialect']): { api: Partial<ResourceServerProperties> } => ({
  api: { token_dialect },
});

describe('an access token', () => {
  it.each(['access_token', 'access_token_authz'] as const)(
    'of the dialect %s has the claims of the Auth0 profile, in their order',
    async (name) => {
      const { tenant, own, token } = await tokensOf(dialect(name));
      const iat = tenant.clock.nowMs / 1000;
      const jwt = await token();
      expect(JSON.stringify(decodeJwt(jwt))).toBe(
        JSON.stringify({
          iss: `https://${tenant.domain}/`,
          sub: `${own.clientId}@clients`,
          aud: audience,
          iat,
          exp: iat + 86_400,
          scope: 'read:things write:things',
          gty: 'client-credentials',
          azp: own.clientId,
          ...(name.endsWith('authz') && { permissions: ['read:things', 'write:things'] }),
        }),
      );
      expect(decodeProtectedHeader(jwt)).toMatchObject({ alg: 'RS256', typ: 'JWT' });
    },
  );

  it.each(['rfc9068_profile', 'rfc9068_profile_authz'] as const)(
    'of the dialect %s has those of RFC 9068, and no two are alike',
    async (name) => {
      const { tenant, own, token } = await tokensOf(dialect(name));
      const [jwt, another] = [await token(), await token()];
      const iat = tenant.clock.nowMs / 1000;
      expect(decodeJwt(jwt)).toEqual({
        iss: `https://${tenant.domain}/`,
        sub: `${own.clientId}@clients`,
        aud: audience,
        iat,
        exp: iat + 86_400,
        scope: 'read:things write:things',
        jti: expect.stringMatching(/^[\w-]{22}$/) as string,
        client_id: own.clientId,
        ...(name.endsWith('authz') && { permissions: ['read:things', 'write:things'] }),
      });
      expect(decodeProtectedHeader(jwt)).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: decodeProtectedHeader(another).kid });
      expect(decodeJwt(another).jti).not.toBe(decodeJwt(jwt).jti);
    },
  );

  it.each(['RS256', 'RS512', 'PS256'] as const)('signed with %s is verified by the one key of the JWKS', async (signing_alg) => {
    const { tenant, token } = await tokensOf({ api: { signing_alg }, settings: { flags: { remove_alg_from_jwks: true } } });
    const jwks = createRemoteJWKSet(new URL(`${tenant.url}/.well-known/jwks.json`));
    const currentDate = new Date(tenant.clock.nowMs);
    const { protectedHeader } = await jwtVerify(await token(), jwks, { algorithms: [signing_alg], audience, typ: 'JWT', currentDate });
    const { keys } = (await (await fetch(`${tenant.url}/.well-known/jwks.json`)).json()) as { keys: { kid: string; alg?: string }[] };
    expect(protectedHeader.kid).toBe(keys[0]?.kid);
    expect(keys.map(({ alg }) => alg)).toEqual([undefined, undefined]);
  });

  it('signed with PS256 is another one each time, as its signature is', async () => {
    const { token } = await tokensOf({ api: { signing_alg: 'PS256' } });
    expect(await token()).not.toBe(await token());
  });

  it('signed with HS256 is verified by the signing secret of its API, and names no key', async () => {
    const signingSecret = 'a-secret-of-the-api';
    const { token } = await tokensOf({ api: { signing_alg: 'HS256' }, signingSecret });
    const jwt = await token();
    const [input, signature] = [jwt.slice(0, jwt.lastIndexOf('.')), jwt.slice(jwt.lastIndexOf('.') + 1)];
    expect(createHmac('sha256', signingSecret).update(input).digest('base64url')).toBe(signature);
    expect(decodeProtectedHeader(jwt)).toEqual({ alg: 'HS256', typ: 'JWT' });
  });

  it('is a server_error where the API has no secret to sign with HS256, and says where', async () => {
    const { tenant, ask } = await tenantWith({ api: { signing_alg: 'HS256' } });
    const response = await ask();
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ error: 'server_error', error_id: expect.stringMatching(/^[0-9a-f]{16}$/) as string });
    expect(tenant.lines.find(({ event }) => event === 'request.failed')).toMatchObject({
      path: '/oauth/token',
      err: { message: expect.stringMatching(/has no secret/) as string },
    });
  });

  it('names the machine by its bare client id where the API wants agents named', async () => {
    const { own, token } = await tokensOf({ api: { agent_subject_claims: 'auth0-v1' } });
    expect(decodeJwt(await token()).sub).toBe(own.clientId);
  });

  it('lives as long as its API says', async () => {
    const { token } = await tokensOf({ api: { token_lifetime: 60 } });
    const { iat, exp } = decodeJwt(await token());
    expect(exp! - iat!).toBe(60);
  });
});
