import * as oauth from 'oauth4webapi';
import type { SecretSource } from '../options.ts';
import type { TokenRequestFacts } from '../status.ts';
import { failureOfKey, failureOfSecret } from './failure.ts';
import { privateKeyJwt } from './private-key-jwt.ts';
import type { CheckedTokenRequest } from './token-request.ts';

/** One way to prove who the client is. */
export interface Proof {
  readonly authenticate: oauth.ClientAuth;
  /** What could come back in an answer and must not show; empty where nothing could. */
  readonly secret: string;
  /** Which of several secrets it is. */
  readonly index: number;
}

/** The proofs of a request in the order they are tried: for secrets, `first` and then the others, each read anew; else one. */
export async function* proofsOf(
  { credential, facts }: CheckedTokenRequest,
  first: number,
  issuerSeconds: () => number,
): AsyncGenerator<Proof, void, undefined> {
  if (credential.method === 'tls_client_auth') {
    yield { authenticate: oauth.TlsClientAuth(), secret: '', index: 0 };
    return;
  }
  if (credential.method === 'private_key_jwt') {
    yield { authenticate: await signing(() => privateKeyJwt(credential.privateKey, issuerSeconds), facts), secret: '', index: 0 };
    return;
  }
  const { secrets, method } = credential;
  const authenticate = method === 'client_secret_basic' ? oauth.ClientSecretBasic : oauth.ClientSecretPost;
  const tried = new Set<string>();
  let unread: unknown;
  for (let i = 0; i < secrets.length; i += 1) {
    const index = (first + i) % secrets.length;
    try {
      const secret = await readSecret(secrets[index], facts);
      // Two sources may hold the same secret; a refused one is not sent again.
      if (tried.has(secret)) continue;
      tried.add(secret);
      yield { authenticate: authenticate(secret), secret, index };
    } catch (error) {
      unread = error;
    }
  }
  if (tried.size === 0) throw unread;
}

async function readSecret(source: SecretSource | undefined, facts: TokenRequestFacts): Promise<string> {
  let secret: unknown;
  try {
    secret = typeof source === 'function' ? await source() : source;
  } catch {
    throw failureOfSecret(facts);
  }
  if (typeof secret !== 'string' || secret === '') throw failureOfSecret(facts);
  return secret;
}

/** The key is read and used by code of others, whose errors may quote it: they end here. */
async function signing(make: () => Promise<oauth.ClientAuth>, facts: TokenRequestFacts): Promise<oauth.ClientAuth> {
  let authenticate: oauth.ClientAuth;
  try {
    authenticate = await make();
  } catch {
    throw failureOfKey(facts);
  }
  return async (...parts) => {
    try {
      await authenticate(...parts);
    } catch {
      throw failureOfKey(facts);
    }
  };
}
