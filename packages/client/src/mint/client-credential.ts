import type { AssertionAlgorithm, ClientAuthenticationMethod, PrivateKey, SecretSource, TokenRequest } from '../options.ts';

/** What proves who the client is, checked. */
export type ClientCredential =
  | { readonly method: 'client_secret_post' | 'client_secret_basic'; readonly secrets: readonly SecretSource[] }
  | { readonly method: 'private_key_jwt'; readonly privateKey: PrivateKey }
  | { readonly method: 'tls_client_auth' };

const methods: ReadonlySet<unknown> = new Set<ClientAuthenticationMethod>([
  'client_secret_post',
  'client_secret_basic',
  'private_key_jwt',
  'tls_client_auth',
]);
const algorithms: ReadonlySet<unknown> = new Set<AssertionAlgorithm>(['RS256', 'PS256', 'ES256']);
const MOST_SECRETS = 3;

/**
 * Checks how the client authenticates.
 * @throws {TypeError} that names the option and what it should be.
 */
export function checkCredential({ clientSecret, privateKey, clientAuthentication }: TokenRequest): ClientCredential {
  const method = clientAuthentication ?? (privateKey === undefined ? 'client_secret_post' : 'private_key_jwt');
  if (!methods.has(method)) throw new TypeError(`\`clientAuthentication\` must be one of ${[...methods].join(', ')}.`);
  if (method === 'private_key_jwt') {
    if (clientSecret !== undefined) throw new TypeError('`clientSecret` has no use with private_key_jwt; leave it out.');
    return { method, privateKey: checkPrivateKey(privateKey) };
  }
  if (privateKey !== undefined)
    throw new TypeError(`\`privateKey\` has no use with ${method}; leave it out, or set \`clientAuthentication\`.`);
  if (method === 'tls_client_auth') {
    if (clientSecret !== undefined) throw new TypeError('`clientSecret` has no use with tls_client_auth; leave it out.');
    return { method };
  }
  return { method, secrets: checkSecrets(clientSecret) };
}

function checkSecrets(clientSecret: TokenRequest['clientSecret']): readonly SecretSource[] {
  const secrets: readonly unknown[] = Array.isArray(clientSecret) ? clientSecret : [clientSecret];
  if (secrets.length < 1 || secrets.length > MOST_SECRETS)
    throw new TypeError(`\`clientSecret\` must have one to ${MOST_SECRETS} secrets.`);
  for (const secret of secrets) {
    if (typeof secret !== 'function' && (typeof secret !== 'string' || secret === '')) {
      throw new TypeError('`clientSecret` must be a string that is not empty, a function that gives one, or an array of these.');
    }
  }
  return secrets as readonly SecretSource[];
}

function checkPrivateKey(privateKey: PrivateKey | undefined): PrivateKey {
  if (typeof privateKey !== 'object' || privateKey === null) {
    throw new TypeError('`privateKey` must be { key } or { sign, alg }: private_key_jwt signs with it.');
  }
  const { alg, kid } = privateKey;
  if (alg !== undefined && !algorithms.has(alg)) throw new TypeError(`\`privateKey.alg\` must be one of ${[...algorithms].join(', ')}.`);
  if (kid !== undefined && (typeof kid !== 'string' || kid === ''))
    throw new TypeError('`privateKey.kid` must be a string that is not empty.');
  if ('sign' in privateKey) {
    if (typeof privateKey.sign !== 'function') throw new TypeError('`privateKey.sign` must be a function.');
    if (alg === undefined) throw new TypeError('`privateKey.alg` must say how `privateKey.sign` signs.');
    return privateKey;
  }
  const { key } = privateKey;
  if (typeof key === 'string') checkPem(key);
  else if (typeof key !== 'function' && (typeof key !== 'object' || key === null)) {
    throw new TypeError('`privateKey.key` must be a PEM text, a JWK, a CryptoKey, a KeyObject, or a function that gives one.');
  }
  return privateKey;
}

/** @throws {TypeError} where `text` is no PKCS#8 key, with the command that makes one of it. */
export function checkPem(text: string): void {
  if (/-----BEGIN PRIVATE KEY-----/.test(text)) return;
  const step = /-----BEGIN (RSA|EC|ENCRYPTED) PRIVATE KEY-----/.test(text) ? ' Convert it: openssl pkcs8 -topk8 -nocrypt -in key.pem' : '';
  throw new TypeError(`\`privateKey.key\` must be PKCS#8 PEM, which begins with -----BEGIN PRIVATE${''} KEY-----.${step}`);
}
