import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { load, problemsOf, smallConfig } from './a-config.ts';

const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const { privateKey: ec, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { privateKey: edwards } = generateKeyPairSync('ed25519');
const pem = (key: KeyObject, type: 'pkcs1' | 'pkcs8' | 'sec1' = 'pkcs8'): string =>
  key.export({ type: type as 'pkcs8', format: 'pem' }).toString();

function withKey(...lines: string[]): string {
  return smallConfig(lines).replace('    client_secret: s3cret\n', '');
}

async function keyOf(yaml: string, files: Record<string, string>): Promise<{ key: unknown; alg?: string; kid?: string }> {
  const { privateKey } = (await load(yaml, { files })).tokens[0]!.request;
  if (privateKey === undefined || !('key' in privateKey)) throw new Error('no private key was read');
  const { key, ...rest } = privateKey;
  return { ...rest, key: typeof key === 'function' ? await key() : key };
}

describe('the API of a token', () => {
  it('may be silent for as long as it is given, from a second to a day', async () => {
    const timeoutOf = async (line: string) => (await load(smallConfig([line]))).tokens[0]?.apiReadTimeoutMs;
    expect(await timeoutOf('api_read_timeout_ms: 900000')).toBe(900_000);
    expect(await timeoutOf('api: https://acme.eu.auth0.com')).toBeUndefined();
    const problem = '6 tokens.management.api_read_timeout_ms: expected whole milliseconds from 1000 to 86400000, which is a day';
    for (const value of ['999', '86400001', '60000.5', '60s', '.inf'])
      expect(await problemsOf(load(smallConfig([`api_read_timeout_ms: ${value}`])))).toEqual([problem]);
  });
});

describe('the issuer of a token', () => {
  it('may be named by its URL, with a resource in place of an audience and further parameters', async () => {
    const yaml = smallConfig(['resource: https://orders.example.com/v1', 'parameters: { tenant: prod }']).replace(
      'domain: acme.eu.auth0.com',
      'issuer: { env: ISSUER }',
    );
    const { tokens } = await load(yaml, { env: { ISSUER: 'https://login.example.com/realms/prod' } });
    expect(tokens[0]).toMatchObject({
      request: {
        issuer: 'https://login.example.com/realms/prod',
        resource: 'https://orders.example.com/v1',
        parameters: { tenant: 'prod' },
      },
      apiOrigin: 'https://orders.example.com',
      places: {
        issuer: 'tokens.management.issuer in evertoken.yaml, line 3',
        audience: 'tokens.management.resource in evertoken.yaml, line 6',
      },
    });
  });

  it.each([
    [
      'issuer: login.example.com',
      '3 tokens.management.issuer: `login.example.com` is no URL; it looks like `https://login.example.com/oauth/token`',
    ],
    [
      'issuer: http://login.example.com',
      '3 tokens.management.issuer: `http://login.example.com` is to begin with https:// (http:// only for a loopback address)',
    ],
    ['issuer: "https://login.example.com/?a=b"', '3 tokens.management.issuer: `issuer` must have no query (RFC 8414 §2).'],
  ])('written as %s is refused', async (line, problem) => {
    expect(await problemsOf(load(smallConfig().replace('domain: acme.eu.auth0.com', line)))).toEqual([problem]);
  });

  it.each([
    ['resource: orders', '6 tokens.management.resource: `resource` must be an absolute URL without fragment.'],
    [
      'parameters: { scope: a }',
      '6 tokens.management.parameters: `parameters.scope` is set by an option of its own; leave it out of `parameters`.',
    ],
    ['parameters: { level: 3 }', '6 tokens.management.parameters.level: expected a text; put it in quotes'],
    [
      'token_endpoint_auth_method: none',
      '6 tokens.management.token_endpoint_auth_method: expected one of client_secret_post, client_secret_basic, private_key_jwt',
    ],
    ['alg: RS256', '6 tokens.management.alg: is of use with `private_key` alone; leave it out'],
  ])('refuses what the client could not ask for: %s', async (line, problem) => {
    expect(await problemsOf(load(smallConfig([line])))).toEqual([problem]);
  });
});

describe('a client secret', () => {
  it('may be up to three, to be tried in order', async () => {
    const yaml = smallConfig().replace('client_secret: s3cret', 'client_secret: [new, { env: OLD }, { file: oldest }]');
    const secrets = (await load(yaml, { env: { OLD: 'old' }, files: { oldest: 'oldest\n' } })).tokens[0]!.request.clientSecret as unknown[];
    expect(secrets.slice(0, 2)).toEqual(['new', 'old']);
    expect(await (secrets[2] as () => Promise<string>)()).toBe('oldest');
  });

  it('of four is one too many, and each that cannot be read is named', async () => {
    expect(await problemsOf(load(smallConfig().replace('s3cret', '[a, b, c, d]')))).toEqual([
      '5 tokens.management.client_secret: at most 3 may be named',
    ]);
    expect(await problemsOf(load(smallConfig().replace('s3cret', '[a, { env: NONE }, { evn: X }]')))).toEqual([
      expect.stringMatching(/^5 tokens\.management\.client_secret\.2: expected a text that is not empty/),
      '5 tokens.management.client_secret.1: the environment variable NONE is not set; set it before the start',
    ]);
  });

  it('or a private key has to be there, and not both', async () => {
    const problem = '2 tokens.management: name what proves the client: exactly one of `client_secret`, `private_key`';
    expect(await problemsOf(load(withKey()))).toEqual([problem]);
    expect(await problemsOf(load(smallConfig(['private_key: { file: key.pem }']), { files: { 'key.pem': pem(rsa) } }))).toEqual([problem]);
  });
});

describe('a private key', () => {
  it.each([
    ['PKCS#8', pem(rsa), 'rsa'],
    ['PKCS#1', pem(rsa, 'pkcs1'), 'rsa'],
    ['SEC 1', pem(ec, 'sec1'), 'ec'],
  ])('as PEM of the form %s is read anew each time', async (_form, text, type) => {
    const { key, alg, kid } = await keyOf(withKey('private_key: { file: key.pem }', 'kid: k1'), { 'key.pem': text });
    expect([(key as KeyObject).asymmetricKeyType, alg, kid]).toEqual([type, undefined, 'k1']);
  });

  it('as JWK keeps what the JWK says of itself', async () => {
    const jwk = JSON.stringify({ ...ec.export({ format: 'jwk' }), kid: 'mine', alg: 'ES256' });
    expect((await keyOf(withKey('private_key: { file: key.json }'), { 'key.json': jwk })).key).toMatchObject({ kid: 'mine', kty: 'EC' });
  });

  it.each([
    ['hello', 'is no private key; it is to hold a PEM that begins with -----BEGIN, or a JWK'],
    ['{ "kty": "RSA" }', 'is no private key as JWK; a private JWK has `kty` and `d`'],
    ['{ hello', 'begins like a JWK and is no JSON'],
    [publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'holds a public key; name the private key that belongs to it'],
    [
      rsa.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString(),
      'is a key under a passphrase; take that off: openssl pkcs8 -topk8 -nocrypt -in key.pem',
    ],
    [pem(edwards), 'is a key of type ed25519; RS256 and PS256 take an RSA key, ES256 one on the curve P-256'],
  ])('of another kind is refused (%#)', async (text, problem) => {
    expect(await problemsOf(load(withKey('private_key: { file: key }'), { files: { key: text } }))).toEqual([
      `5 tokens.management.private_key: ${problem}`,
    ]);
  });

  it('has to sign as `alg` says', async () => {
    expect(await problemsOf(load(withKey('private_key: { file: key }', 'alg: ES256'), { files: { key: pem(rsa) } }))).toEqual([
      '5 tokens.management.private_key: does not sign as `alg: ES256` says; it is an RSA key, for RS256 or PS256',
    ]);
    expect((await keyOf(withKey('private_key: { file: key }', 'alg: PS256'), { key: pem(rsa) })).alg).toBe('PS256');
  });
});
