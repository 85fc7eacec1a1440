import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { TokenIndex } from '../issue/token-index.ts';
import { type IssuingApplication, secretDigest } from '../model/issuing-application.ts';
import { refusals } from './oauth-refusal.ts';

// Stands in for the secret of a client that does not exist, so that it costs the same.
const nobody: Buffer = randomBytes(32);

/** The client that the request comes from. Throws row 1 of contract §1.4, the same and after the same work for a client that there is not. */
export function authenticateClient(
  { clientId, clientSecret }: { clientId: string; clientSecret: string | undefined },
  index: TokenIndex,
): IssuingApplication {
  const application = index.application(clientId);
  const isRight = timingSafeEqual(secretDigest(clientSecret ?? ''), application?.secretDigest ?? nobody);
  if (application === undefined || !isRight || clientSecret === undefined) throw refusals.unauthorized();
  return application;
}
