import { generateKeyPairSync } from 'node:crypto';
import { AuthClient } from '@auth0/auth0-auth-js';
import { ManagementClient } from 'auth0';
import { createRemoteJWKSet, customFetch, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AdministeredTenant, administeredTenant } from './administered-tenant.ts';

const api = 'https://api.travel.example/';

describe('auth0-auth-js, unmodified, over https', () => {
  let running: AdministeredTenant;
  let management: ManagementClient;

  beforeAll(async () => {
    running = await administeredTenant({ applications: [{ name: 'Nightly report', grants: { [api]: ['read:bookings'] } }] });
    management = new ManagementClient({ ...running.management });
  });

  afterAll(() => running?.close());

  const authClient = (options: Omit<ConstructorParameters<typeof AuthClient>[0], 'domain' | 'customFetch'>) =>
    new AuthClient({ domain: running.tenant.domain, customFetch: running.fetch, ...options });

  async function claimsOf(accessToken: string) {
    const keys = createRemoteJWKSet(new URL(`${running.tenant.url}/.well-known/jwks.json`), { [customFetch]: running.fetch });
    return (await jwtVerify(accessToken, keys, { issuer: running.tenant.issuer, audience: api })).payload;
  }

  /** An application that signs its assertions with a key of which the tenant has the public half, through its Management API alone. */
  async function keyedApplication(alg: 'RS256' | 'RS384' | 'PS256') {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { client_id: clientId = '' } = await management.clients.create({
      name: `Signs with ${alg}`,
      app_type: 'non_interactive',
      grant_types: ['client_credentials'],
      jwt_configuration: { alg: 'RS256' },
    });
    await management.clientGrants.create({ client_id: clientId, audience: api, scope: ['read:bookings'] });
    const { id = '' } = await management.clients.credentials.create(clientId, {
      credential_type: 'public_key',
      name: 'the key of its machine',
      pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      alg,
    });
    return {
      clientId,
      credential: id,
      signs: { clientAssertionSigningKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), clientAssertionSigningAlg: alg },
      activate: () =>
        management.clients.update(clientId, { client_authentication_methods: { private_key_jwt: { credentials: [{ id }] } } }),
    };
  }

  const refusedAs = (error: string, description: unknown = expect.any(String)) =>
    expect.objectContaining({ cause: expect.objectContaining({ error, error_description: description }) });

  it('gets a token with a client secret', async () => {
    const { clientId, clientSecret } = running.tenant.credentials('Nightly report');
    const before = Math.floor(Date.now() / 1000);
    const answer = await authClient({ clientId, clientSecret }).getTokenByClientCredentials({ audience: api });
    expect(answer).toMatchObject({ scope: 'read:bookings' });
    expect(answer.expiresAt).toBeGreaterThanOrEqual(before + 86_400);
    expect(await claimsOf(answer.accessToken)).toMatchObject({
      sub: `${clientId}@clients`,
      azp: clientId,
      scope: 'read:bookings',
      gty: 'client-credentials',
    });
  });

  it('is refused with a wrong secret, and for an API that there is not or that it was not granted', async () => {
    const credentials = running.tenant.credentials('Nightly report');
    const wrong = authClient({ clientId: credentials.clientId, clientSecret: 'wrong' });
    await expect(wrong.getTokenByClientCredentials({ audience: api })).rejects.toEqual(refusedAs('access_denied', 'Unauthorized'));
    const right = authClient(credentials);
    await expect(right.getTokenByClientCredentials({ audience: 'https://no.example/' })).rejects.toEqual(
      refusedAs('access_denied', 'Service not enabled within domain: https://no.example/'),
    );
    const audience = running.tenant.managementAudience;
    await expect(right.getTokenByClientCredentials({ audience })).rejects.toEqual(
      refusedAs('access_denied', expect.stringContaining(`is not authorized to access resource server "${audience}"`)),
    );
  });

  it.each(['RS256', 'RS384', 'PS256'] as const)('gets tokens with assertions that it signs with %s, a new one each time', async (alg) => {
    const { clientId, signs, activate } = await keyedApplication(alg);
    await activate();
    const client = authClient({ clientId, ...signs });
    for (let time = 0; time < 2; time += 1) {
      const { accessToken } = await client.getTokenByClientCredentials({ audience: api });
      expect(decodeProtectedHeader(accessToken)).toMatchObject({ alg: 'RS256', typ: 'JWT' });
      expect(await claimsOf(accessToken)).toMatchObject({ azp: clientId, scope: 'read:bookings' });
    }
  });

  it('is refused with a key that is not its own, and with its secret where it has a key', async () => {
    const { clientId, activate } = await keyedApplication('RS256');
    const { client_secret: clientSecret = '' } = await management.clients.get(clientId);
    await activate();
    const other = await keyedApplication('RS256');
    await expect(authClient({ clientId, ...other.signs }).getTokenByClientCredentials({ audience: api })).rejects.toEqual(
      refusedAs('invalid_client'),
    );
    expect(clientSecret).toMatch(/^[\w-]{64}$/);
    await expect(authClient({ clientId, clientSecret }).getTokenByClientCredentials({ audience: api })).rejects.toEqual(
      refusedAs('access_denied', 'Unauthorized'),
    );
  });

  it('is refused with a key that was uploaded and is not active yet, and with one that was deleted', async () => {
    const { clientId, credential, signs, activate } = await keyedApplication('RS256');
    const client = authClient({ clientId, ...signs });
    await expect(client.getTokenByClientCredentials({ audience: api })).rejects.toEqual(refusedAs('invalid_client'));
    await activate();
    await client.getTokenByClientCredentials({ audience: api });
    await management.clients.update(clientId, { client_authentication_methods: null, token_endpoint_auth_method: 'client_secret_post' });
    await management.clients.credentials.delete(clientId, credential);
    await expect(client.getTokenByClientCredentials({ audience: api })).rejects.toEqual(refusedAs('invalid_client'));
  });
});
