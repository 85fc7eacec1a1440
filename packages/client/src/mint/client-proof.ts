import { isTokenError } from '../errors.ts';
import { failureOfKey, failureOfNoSecret, failureOfSecret, type PartOfProgram } from './failure.ts';
import type { CheckedTokenRequest } from './token-request.ts';

/** A token request on its way out, to which a proof is added. */
export interface UnprovenRequest {
  readonly clientId: string;
  readonly body: URLSearchParams;
  readonly headers: Headers;
}

/** One way to prove who the client is. */
export interface ClientProof {
  /** Adds the proof; a signed one is made anew each time. */
  readonly authenticate: (request: UnprovenRequest) => void | Promise<void>;
  /** What could come back in an answer and must not show, in each form that was sent. */
  readonly secrets: readonly string[];
  /** Which of several secrets it is. */
  readonly index: number;
}

/** What proofs are made with. */
export interface ProofTools {
  /** Which of several secrets comes first. */
  readonly firstSecret: number;
  /** The issuer's time, epoch seconds. */
  readonly issuerSeconds: () => number;
  /** Is told what of the program's is waited for, while it is. */
  readonly waiting: { for: PartOfProgram | undefined };
}

/** The proofs of a client in the order they are tried: for secrets, `first` and then the others, each read anew; else one. */
export async function* proofsOf(
  { credential, facts, assertionAudience }: Pick<CheckedTokenRequest, 'credential' | 'facts' | 'assertionAudience'>,
  { firstSecret, issuerSeconds, waiting }: ProofTools,
): AsyncGenerator<ClientProof, void, undefined> {
  /** Errors of what the program gave may quote secrets: they end here. */
  const usePart = async <T>(what: PartOfProgram, use: () => T | Promise<T>): Promise<T> => {
    waiting.for = what;
    try {
      return await use();
    } catch (error) {
      throw failureOfSecret(facts, error, what);
    } finally {
      waiting.for = undefined;
    }
  };
  if (credential.method === 'tls_client_auth') {
    yield { authenticate: nameClient, secrets: [], index: 0 };
    return;
  }
  if (credential.method === 'private_key_jwt') {
    const { privateKey } = credential;
    const secrets: string[] = [];
    const authenticate = async (request: UnprovenRequest) => {
      try {
        const { signAssertion } = await import('./client-assertion.ts');
        const own = { clientId: request.clientId, audience: assertionAudience, nowSeconds: issuerSeconds() };
        const assertion = await signAssertion(privateKey, own, usePart);
        secrets.push(assertion, ...assertion.split('.'));
        nameClient(request);
        request.body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
        request.body.set('client_assertion', assertion);
      } catch (error) {
        // The key is used by code of others, whose errors may quote it: they end here.
        throw isTokenError(error) ? error : failureOfKey(facts, error);
      }
    };
    yield { authenticate, secrets, index: 0 };
    return;
  }
  const { secrets, method } = credential;
  const authenticateWith = method === 'client_secret_basic' ? inHeader : inBody;
  const tried = new Set<string>();
  let unread: unknown;
  for (let i = 0; i < secrets.length; i += 1) {
    const index = (firstSecret + i) % secrets.length;
    try {
      const source = secrets[index];
      const secret: unknown = typeof source === 'function' ? await usePart('client secret', source) : source;
      if (typeof secret !== 'string' || secret === '') throw failureOfNoSecret(facts);
      // Two sources may hold the same secret; a refused one is not sent again.
      if (tried.has(secret)) continue;
      tried.add(secret);
      yield { authenticate: authenticateWith(secret), secrets: formsOf(secret, facts.clientId), index };
    } catch (error) {
      unread = error;
    }
  }
  if (tried.size === 0) throw unread;
}

function nameClient({ body, clientId }: UnprovenRequest): void {
  body.set('client_id', clientId);
}

/** `client_secret_post`. */
function inBody(secret: string): ClientProof['authenticate'] {
  return (request) => {
    nameClient(request);
    request.body.set('client_secret', secret);
  };
}

/** `client_secret_basic`. */
function inHeader(secret: string): ClientProof['authenticate'] {
  return ({ headers, clientId }) => headers.set('authorization', `Basic ${basicOf(clientId, secret)}`);
}

/** Both form-urlencoded first (RFC 6749 §2.3.1). */
function basicOf(clientId: string, secret: string): string {
  return btoa(`${formEncode(clientId)}:${formEncode(secret)}`);
}

/** How a secret could come back: as it is, and as it was sent. */
function formsOf(secret: string, clientId: string): readonly string[] {
  return [secret, formEncode(secret), encodeURIComponent(secret), basicOf(clientId, secret)];
}

function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}
