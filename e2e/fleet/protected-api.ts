import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { fingerprintOf } from '../running-dev.ts';
import { audience, type Issuer } from './issuer.ts';

/** An API that takes the issuer's tokens, and can take a dislike to those it has seen. */
export interface ProtectedApi {
  readonly origin: string;
  /** Calls with a token that is good but for the dislike. */
  readonly refused: number;
  /** Fingerprints of the tokens that were refused for what they are: ended, or of another audience. */
  readonly wrong: readonly string[];
  /** From now on every token that was seen so far gets 401, and those of `others`. Answers how many there are. */
  revoke(others: Iterable<string>): number;
  /** When that was last, epoch ms. */
  readonly revokedAt: number;
  close(): Promise<void>;
}

/** Starts it on a free port of this machine. */
export async function startProtectedApi(issuer: Issuer): Promise<ProtectedApi> {
  const keys = createRemoteJWKSet(new URL(issuer.jwksUri), { cooldownDuration: 0 });
  const seen = new Set<string>();
  const revoked = new Set<string>();
  const wrong: string[] = [];
  let refused = 0;
  let revokedAt = 0;
  const judge = async (token: string): Promise<200 | 401> => {
    const fingerprint = fingerprintOf(token);
    seen.add(fingerprint);
    try {
      await jwtVerify(token, keys, { issuer: issuer.tenant.issuer, audience });
    } catch {
      wrong.push(fingerprint);
      return 401;
    }
    if (!revoked.has(fingerprint)) return 200;
    refused += 1;
    return 401;
  };
  const server = createServer((request, response) => {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    void judge(token).then((status) => {
      const challenge = status === 401 ? { 'www-authenticate': 'Bearer error="invalid_token"' } : {};
      response.writeHead(status, { 'content-type': 'application/json', ...challenge }).end('{}');
    });
  });
  // Longer than any process is frozen: one that finds its connection closed when it goes on would prove nothing of tokens.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get refused() {
      return refused;
    },
    wrong,
    revoke: (others) => {
      revokedAt = Date.now();
      for (const fingerprint of [...seen, ...others]) revoked.add(fingerprint);
      return revoked.size;
    },
    get revokedAt() {
      return revokedAt;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
