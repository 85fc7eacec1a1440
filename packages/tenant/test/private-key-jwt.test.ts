import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Credential } from '../src/model/credential.ts';
import { type RunningTenant, runningTenant } from './running-tenant.ts';
import { audience, type Parties, parties, refusal } from './token-parties.ts';

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const first: KeyPair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const second: KeyPair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger: KeyPair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const startMs = 1_790_000_000_000;
const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const unsigned = "the signature of 'client_assertion' is of no key that the client has registered for it";

function credential(clientId: string, name: string, keys: KeyPair, given: Partial<Credential> = {}): Credential {
  return {
    id: `cred_${name}`,
    clientId,
    name,
    credentialType: 'public_key',
    kid: `kid-of-${name}`,
    alg: 'RS256',
    publicKeyPem: keys.publicKey.export({ type: 'spki', format: 'pem' }) as string,
    createdAtMs: startMs,
    updatedAtMs: startMs,
    expiresAtMs: undefined,
    ...given,
  };
}

/** A client whose credentials `first` and `second` are active, while a third is only uploaded. */
function assertingParties(given: Partial<Credential> = {}): Parties {
  return parties({
    application: { client_authentication_methods: { private_key_jwt: { credentials: [{ id: 'cred_first' }, { id: 'cred_second' }] } } },
    records: ({ clientId }) => ({
      credentials: [
        credential(clientId, 'first', first, given),
        credential(clientId, 'second', second, { alg: 'PS256' }),
        credential(clientId, 'inert', stranger),
      ],
    }),
  });
}

interface Asking {
  readonly tenant: RunningTenant;
  readonly own: Parties;
  ask(options?: {
    claims?: object;
    header?: { alg: string; kid?: string };
    key?: KeyObject;
    request?: Record<string, string>;
  }): Promise<Response>;
}

async function asking(own: Parties = assertingParties()): Promise<Asking> {
  const tenant = await runningTenant({ prepare: own.prepare });
  let assertions = 0;
  const ask: Asking['ask'] = async ({ claims = {}, header = { alg: 'RS256' }, key = first.privateKey, request = {} } = {}) => {
    assertions += 1;
    const now = tenant.clock.nowMs / 1000;
    const payload = {
      iss: own.clientId,
      sub: own.clientId,
      aud: `https://${tenant.domain}/`,
      iat: now,
      exp: now + 120,
      jti: `${assertions}`,
      ...claims,
    };
    const client_assertion = await new SignJWT(payload).setProtectedHeader(header).sign(key);
    return tenant.ask({ grant_type: 'client_credentials', audience, client_assertion_type: type, client_assertion, ...request });
  };
  return { tenant, own, ask };
}

const invalidClient = (error_description: string): object => ({ status: 401, body: { error: 'invalid_client', error_description } });

describe('private_key_jwt', () => {
  it('gets a token with an assertion, with or without a client_id beside it', async () => {
    const { own, ask } = await asking();
    expect((await ask()).status).toBe(200);
    expect((await ask({ request: { client_id: own.clientId } })).status).toBe(200);
    expect((await ask({ claims: { iat: undefined } })).status).toBe(200);
  });

  it('may end within a second (RFC 7519 §2: a NumericDate may have a fraction), and is told by whole characters', async () => {
    const { tenant, ask } = await asking();
    const now = tenant.clock.nowMs / 1000;
    expect((await ask({ claims: { iat: now - 0.1234567, exp: now + 60.1234567 } })).status).toBe(200);
    expect((await ask({ claims: { jti: 'half \ud800' } })).status).toBe(401);
  });

  it('takes the token endpoint for an audience as well', async () => {
    const { tenant, ask } = await asking();
    expect((await ask({ claims: { aud: `https://${tenant.domain}/oauth/token` } })).status).toBe(200);
    expect(await refusal(await ask({ claims: { aud: 'https://other.example/' } }))).toEqual(
      invalidClient(`'aud' claim must be 'https://${tenant.domain}/'`),
    );
  });

  it('selects the credential by kid, and tries each that is active where there is none', async () => {
    const { ask } = await asking();
    expect((await ask({ header: { alg: 'RS256', kid: 'kid-of-first' } })).status).toBe(200);
    expect((await ask({ header: { alg: 'PS256' }, key: second.privateKey })).status).toBe(200);
    const mismatched = await ask({ header: { alg: 'PS256', kid: 'kid-of-first' }, key: second.privateKey });
    expect(await refusal(mismatched)).toEqual(invalidClient(unsigned));
    expect((await ask({ header: { alg: 'RS256', kid: 'kid-of-nobody' } })).status).toBe(401);
  });

  it('takes an algorithm only from the credential that it is registered for', async () => {
    const { ask } = await asking();
    expect(await refusal(await ask({ header: { alg: 'PS256' } }))).toEqual(invalidClient(unsigned));
    expect(await refusal(await ask({ header: { alg: 'RS256' }, key: second.privateKey }))).toEqual(invalidClient(unsigned));
  });

  it('takes no key that is uploaded but not active, none of strangers, and none of the tenant', async () => {
    const { ask } = await asking();
    expect(await refusal(await ask({ key: stranger.privateKey }))).toEqual(invalidClient(unsigned));
    expect(await refusal(await ask({ key: stranger.privateKey, header: { alg: 'RS256', kid: 'kid-of-inert' } }))).toEqual(
      invalidClient(unsigned),
    );
  });

  it('takes a credential until it expires', async () => {
    const { tenant, ask } = await asking(assertingParties({ expiresAtMs: startMs + 5_000 }));
    expect((await ask()).status).toBe(200);
    tenant.clock.nowMs += 5_000;
    expect(await refusal(await ask())).toEqual(invalidClient(unsigned));
  });

  it('takes an assertion once, also of twenty that come at once', async () => {
    const { ask } = await asking();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask({ claims: { jti: 'the same' } })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 19 }, () => 401)]);
    const refused = answers.find(({ status }) => status === 401)!;
    expect(await refusal(refused)).toEqual(invalidClient("'jti' claim must be new for each assertion"));
  });

  it('does not let a forged assertion use up the real one', async () => {
    const { ask } = await asking();
    expect((await ask({ claims: { jti: 'wanted' }, key: stranger.privateKey })).status).toBe(401);
    expect((await ask({ claims: { jti: 'wanted' } })).status).toBe(200);
  });

  it('refuses an assertion of another client than client_id', async () => {
    const { ask } = await asking();
    expect(await refusal(await ask({ request: { client_id: 'another' } }))).toEqual(
      invalidClient("'iss' and 'sub' claims must be the client_id of the request"),
    );
  });

  it('refuses alike a client that there is not and one that has a secret', async () => {
    const { ask } = await asking();
    expect(await refusal(await ask({ claims: { iss: 'nobody', sub: 'nobody' } }))).toEqual(invalidClient(unsigned));
    const withSecret = await asking(parties());
    expect(await refusal(await withSecret.ask())).toEqual(invalidClient(unsigned));
  });

  it('refuses HS256 under the public key', async () => {
    const { tenant, own } = await asking();
    const now = tenant.clock.nowMs / 1000;
    const claims = { iss: own.clientId, sub: own.clientId, aud: `https://${tenant.domain}/`, iat: now, exp: now + 60, jti: 'x' };
    const input = [{ alg: 'HS256', typ: 'JWT' }, claims].map((value) => Buffer.from(JSON.stringify(value)).toString('base64url')).join('.');
    const pem = first.publicKey.export({ type: 'spki', format: 'pem' });
    const client_assertion = `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`;
    const response = await tenant.ask({ grant_type: 'client_credentials', audience, client_assertion_type: type, client_assertion });
    expect(await refusal(response)).toEqual(invalidClient("'alg' header must be one of RS256, RS384, PS256"));
  });

  it('refuses two ways of authentication at once, and an assertion without its type or of another', async () => {
    const { own, ask } = await asking();
    const both = await ask({ request: { client_secret: own.request['client_secret']!, client_id: own.clientId } });
    expect(await refusal(both)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(await refusal(await ask({ request: { client_assertion_type: '' } }))).toEqual({
      status: 400,
      body: { error: 'invalid_request', error_description: 'Missing required parameter: client_assertion_type' },
    });
    expect(await refusal(await ask({ request: { client_assertion: '' } }))).toEqual({
      status: 400,
      body: { error: 'invalid_request', error_description: 'Missing required parameter: client_assertion' },
    });
    expect((await ask({ request: { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' } })).status).toBe(
      400,
    );
  });

  it('leaves the client no secret', async () => {
    const { tenant, own } = await asking();
    const { client_id, client_secret } = own.request as { client_id: string; client_secret: string };
    const unauthorized = { status: 401, body: { error: 'access_denied', error_description: 'Unauthorized' } };
    expect(await refusal(await tenant.ask(own.request))).toEqual(unauthorized);
    const authorization = `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`;
    expect(await refusal(await tenant.ask({ grant_type: 'client_credentials', audience }, { authorization }))).toEqual(unauthorized);
  });

  it('keeps the assertion out of the log', async () => {
    const { tenant, ask } = await asking();
    await ask({ key: stranger.privateKey, claims: { jti: 'secret-jti' } });
    expect(tenant.lines).toMatchObject([{ event: 'token.refused', error: 'invalid_client', status: 401 }]);
    expect(JSON.stringify(tenant.lines)).not.toMatch(/eyJ|secret-jti/);
  });
});

describe('a client secret that was rotated', () => {
  it('is good until its grace ends, and not a moment longer', async () => {
    const own = parties();
    const { client_secret: former } = own.request as { client_secret: string };
    const [application] = own.records.applications!;
    const tenant = await runningTenant({
      prepare: (store) =>
        store.write((transaction) =>
          transaction.insert({
            ...own.records,
            applications: [
              { ...application!, clientSecret: 'the-new-one', formerSecret: { secret: former, validUntilMs: startMs + 30_000 } },
            ],
          }),
        ),
    });
    const with_ = async (client_secret: string): Promise<number> => (await tenant.ask({ ...own.request, client_secret })).status;
    expect([await with_(former), await with_('the-new-one'), await with_('another')]).toEqual([200, 200, 401]);
    tenant.clock.nowMs += 29_999;
    expect(await with_(former)).toBe(200);
    tenant.clock.nowMs += 1;
    expect([await with_(former), await with_('the-new-one')]).toEqual([401, 200]);
  });
});
