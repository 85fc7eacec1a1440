import { generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { newSigningKey } from '../src/issue/new-signing-key.ts';
import { type AdministeredTenant, administeredTenant, refusal } from './administered-tenant.ts';

const keyOf = (bits: number) => generateKeyPairSync('rsa', { modulusLength: bits });
const [one, two, three] = [keyOf(2048), keyOf(2048), keyOf(2048)];
const spki = ({ publicKey }: typeof one): string => publicKey.export({ type: 'spki', format: 'pem' }) as string;

interface Credential {
  readonly id: string;
  readonly kid: string;
  readonly expires_at?: string | null;
}

async function withClient(): Promise<{ tenant: AdministeredTenant; id: string; path: string }> {
  const tenant = await administeredTenant();
  const given = { name: 'Worker', grant_types: ['client_credentials'], jwt_configuration: { alg: 'RS256' } };
  const { client_id: id } = (await tenant.call<{ client_id: string }>('POST', '/clients', given)).body;
  return { tenant, id, path: `/clients/${id}/credentials` };
}

describe('credentials of a client', () => {
  it('come from a public key in any of its forms, named by its thumbprint, and are never shown with it', async () => {
    const { tenant, path } = await withClient();
    const { certificatePem } = await newSigningKey('current', 'worker.example', tenant.clock.nowMs);
    const forms = [spki(one), two.publicKey.export({ type: 'pkcs1', format: 'pem' }) as string, certificatePem];
    for (const pem of forms) {
      const { status, body } = await tenant.call<Credential>('POST', path, { credential_type: 'public_key', name: 'key', pem });
      expect(status).toBe(201);
      expect(body).toEqual({
        id: expect.stringMatching(/^cred_[A-Za-z0-9]{22}$/) as string,
        name: 'key',
        credential_type: 'public_key',
        kid: expect.stringMatching(/^[\w-]{43}$/) as string,
        alg: 'RS256',
        created_at: new Date(tenant.clock.nowMs).toISOString(),
        updated_at: new Date(tenant.clock.nowMs).toISOString(),
      });
      if (pem === forms[0]) expect(body.kid).toBe(await calculateJwkThumbprint(await exportJWK(one.publicKey)));
      expect((await tenant.call('GET', `${path}/${body.id}`)).body).toEqual({ ...body, expires_at: null });
      // Terraform sends paging parameters here.
      expect((await tenant.call('GET', `${path}?per_page=50&include_totals=true`)).body).toEqual([body]);
      await tenant.call('DELETE', `${path}/${body.id}`);
    }
  });

  it('expire when it is said, or when their certificate does', async () => {
    const { tenant, path } = await withClient();
    const expires_at = new Date(tenant.clock.nowMs + 86_400_000).toISOString();
    const { body } = await tenant.call<Credential>('POST', path, {
      credential_type: 'public_key',
      pem: spki(one),
      alg: 'PS256',
      kid: 'my-own-key-1',
      expires_at,
    });
    expect(body).toMatchObject({ alg: 'PS256', kid: 'my-own-key-1', expires_at });
    const { certificatePem: pem } = await newSigningKey('current', 'worker.example', tenant.clock.nowMs);
    const parsed = await tenant.call<Credential>('POST', path, { credential_type: 'public_key', pem, parse_expiry_from_cert: true });
    expect(Date.parse(parsed.body.expires_at ?? '')).toBeGreaterThan(tenant.clock.nowMs + 12 * 365 * 86_400_000);
    await tenant.call('DELETE', `${path}/${parsed.body.id}`);
    const { certificatePem: expired } = await newSigningKey('current', 'worker.example', tenant.clock.nowMs - 20 * 365 * 86_400_000);
    const late = { credential_type: 'public_key', pem: expired };
    expect((await tenant.call('POST', path, { ...late, parse_expiry_from_cert: true })).body).toEqual(
      refusal(400, 'Bad Request', 'expires_at must be in the future', 'invalid_body'),
    );
    expect((await tenant.call('POST', path, late)).status).toBe(201);
    const changed = await tenant.call<Credential>('PATCH', `${path}/${body.id}`, { expires_at: null });
    expect([changed.status, changed.body.expires_at]).toEqual([200, null]);
    expect((await tenant.call<Credential>('PATCH', `${path}/${body.id}`, { expires_at })).body.expires_at).toBe(expires_at);
    expect((await tenant.call('PATCH', `${path}/${body.id}`, { expires_at: '2001-01-01T00:00:00Z' })).body).toEqual(
      refusal(400, 'Bad Request', 'expires_at must be in the future', 'invalid_body'),
    );
    const wrong = "Payload validation error: 'Object didn't pass validation for format date-time: tomorrow' on property expires_at";
    const tomorrow = { credential_type: 'public_key', pem: 'x', expires_at: 'tomorrow' };
    expect(((await tenant.call('POST', path, tomorrow)).body as { message?: string }).message?.startsWith(wrong)).toBe(true);
    expect((await tenant.call('POST', path, {})).body).toMatchObject({
      message: "Payload validation error: 'Missing required property: credential_type'.",
    });
    expect((await tenant.call('PATCH', `${path}/${body.id}`, { name: 'x' })).body).toMatchObject({ errorCode: 'invalid_body' });
  });

  it('are two at most, each with a key of its own', async () => {
    const { tenant, path } = await withClient();
    const add = (pem: string, more: object = {}) => tenant.call('POST', path, { credential_type: 'public_key', pem, ...more });
    expect((await add(spki(one), { kid: 'the-first-key' })).status).toBe(201);
    expect((await add(spki(one))).body).toEqual(
      refusal(409, 'Conflict', 'A credential with the same public key already exists for this client.'),
    );
    expect((await add(spki(two), { kid: 'the-first-key' })).status).toBe(409);
    expect((await add(spki(two))).status).toBe(201);
    expect((await add(spki(three))).body).toEqual(
      refusal(400, 'Bad Request', 'A client can have at most 2 credentials', 'operation_not_supported'),
    );
  });

  it('refuse what is no public key of the right kind, and say nothing of it', async () => {
    const { tenant, path } = await withClient();
    const secret = one.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }) as string;
    const cases: [object, RegExp][] = [
      [{ pem: secret }, /private key/],
      [{ pem: 'nothing' }, /no public key/],
      [{ pem: curve }, /2048 to 4096 bits/],
      [{ pem: spki(keyOf(1024)) }, /2048 to 4096 bits/],
      [{}, /^Payload validation error: 'Missing required property: pem'\.$/],
      [{ pem: spki(one), subject_dn: 'CN=x' }, /subject_dn/],
      [{ pem: spki(one), kid: 'short' }, /does not match pattern \^\(\[0-9a-zA-Z-_\]\{10,64\}\)\$: short' on property kid/],
      [{ pem: spki(one), alg: 'ES256' }, /No enum match for: ES256' on property alg/],
      [{ pem: spki(one), parse_expiry_from_cert: true }, /needs a certificate/],
    ];
    for (const [given, message] of cases) {
      const { body } = await tenant.call('POST', path, { credential_type: 'public_key', ...given });
      expect(body).toEqual(refusal(400, 'Bad Request', expect.stringMatching(message), 'invalid_body'));
      expect(JSON.stringify(body)).not.toContain('MII');
    }
    expect((await tenant.call('POST', path, { credential_type: 'x509_cert', pem: 'x' })).body).toEqual(
      refusal(403, 'Forbidden', 'This tenant does not have authentication with client certificates', 'feature_not_enabled'),
    );
  });

  it('do nothing until the client lists them, and then take the place of its secret', async () => {
    const { tenant, id, path } = await withClient();
    const { body: credential } = await tenant.call<Credential>('POST', path, { credential_type: 'public_key', pem: spki(one) });
    expect((await tenant.call('GET', `/clients/${id}`)).body).toHaveProperty('client_secret');
    const client_authentication_methods = { private_key_jwt: { credentials: [{ id: credential.id }] } };
    const { status, body } = await tenant.call('PATCH', `/clients/${id}`, { client_authentication_methods });
    expect(status).toBe(200);
    expect(body['client_authentication_methods']).toEqual(client_authentication_methods);
    for (const gone of ['client_secret', 'token_endpoint_auth_method']) expect(body).not.toHaveProperty(gone);
    expect((await tenant.call('POST', `/clients/${id}/rotate-secret`)).body).toMatchObject({
      statusCode: 400,
      errorCode: 'operation_not_supported',
    });

    // A client that proved itself with keys does not fall back to a secret when its last key goes.
    await tenant.call('DELETE', `${path}/${credential.id}`);
    expect((await tenant.call('GET', `/clients/${id}`)).body['client_authentication_methods']).toEqual({
      private_key_jwt: { credentials: [] },
    });
    expect((await tenant.call('PATCH', `/clients/${id}`, { client_authentication_methods: null })).body).toHaveProperty('client_secret');
  });

  it('can come with a new client', async () => {
    const tenant = await administeredTenant();
    const given = {
      name: 'Born with a key',
      client_authentication_methods: { private_key_jwt: { credentials: [{ credential_type: 'public_key', pem: spki(one) }] } },
    };
    const { status, body } = await tenant.call<{ client_id: string }>('POST', '/clients', given);
    expect(status).toBe(201);
    const [credential] = (await tenant.call<Credential[]>('GET', `/clients/${body.client_id}/credentials`)).body;
    expect(body).toMatchObject({ client_authentication_methods: { private_key_jwt: { credentials: [{ id: credential?.id }] } } });
    expect(body).not.toHaveProperty('client_secret');
    const token = await tenant.tokenWith('create:clients');
    const response = await tenant.api('/clients', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(given),
      token,
    });
    expect(await response.json()).toMatchObject({ message: 'Insufficient scope, expected any of: create:client_credentials' });
  });

  it('leave no two ways for one client', async () => {
    const { tenant, id, path } = await withClient();
    const { body: credential } = await tenant.call<Credential>('POST', path, { credential_type: 'public_key', pem: spki(one) });
    const methods = (credentials: object[]) => ({ client_authentication_methods: { private_key_jwt: { credentials } } });
    const cases: [object, RegExp][] = [
      [{ ...methods([{ id: credential.id }]), token_endpoint_auth_method: 'client_secret_post' }, /mutually exclusive/],
      [{ ...methods([{ id: credential.id }]), jwt_configuration: { alg: 'HS256' } }, /asymmetric/],
      [methods([{ id: 'cred_of_nobody' }]), /The client has no credential cred_of_nobody/],
      [methods([]), /Array is too short \(0\), minimum 1/],
      [{ client_authentication_methods: {} }, /exactly one authentication method but found 0/],
      [{ client_authentication_methods: { private_key_jwt: { credentials: [{ id: 'x' }] }, tls_client_auth: {} } }, /but found 2/],
    ];
    for (const [body, message] of cases) {
      expect((await tenant.call('PATCH', `/clients/${id}`, body)).body).toEqual(
        refusal(400, 'Bad Request', expect.stringMatching(message), 'invalid_body'),
      );
    }
    expect((await tenant.call('PATCH', `/clients/${id}`, { client_authentication_methods: { tls_client_auth: {} } })).body).toMatchObject({
      statusCode: 403,
      errorCode: 'feature_not_enabled',
    });
  });

  it('are of one client: not found, and removed in vain, anywhere else', async () => {
    const { tenant, path } = await withClient();
    const { body: credential } = await tenant.call<Credential>('POST', path, { credential_type: 'public_key', pem: spki(one) });
    const elsewhere = `/clients/${tenant.application.clientId}/credentials/${credential.id}`;
    const absent = refusal(404, 'Not Found', 'The credential does not exist', 'inexistent_credential');
    expect((await tenant.call('GET', elsewhere)).body).toEqual(absent);
    expect((await tenant.call('PATCH', elsewhere, { expires_at: null })).body).toEqual(absent);
    expect((await tenant.call('DELETE', elsewhere)).status).toBe(204);
    expect((await tenant.call('GET', `${path}/${credential.id}`)).status).toBe(200);
    for (const [method, body] of [['GET'], ['POST', { credential_type: 'public_key', pem: spki(two) }]] as const) {
      expect((await tenant.call(method, '/clients/nobody/credentials', body)).body).toMatchObject({ errorCode: 'inexistent_client' });
    }
    for (const _time of ['first', 'second']) expect((await tenant.call('DELETE', `${path}/${credential.id}`)).status).toBe(204);
    expect((await tenant.call('GET', `${path}/${credential.id}`)).body).toEqual(absent);
  });
});
