import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { throwAwayCertificate } from '../client-get/certificate.mjs';
import { startIssuer } from '../client-get/issuer.mjs';

/**
 * Runs `work` with what an agent stands on: an issuer of 24 h tokens with its throw-away CA, and a folder. What `work` gives to `keep` is ended
 * after it, the last first: `keep(thing)` answers the thing.
 */
export async function withWorkplace(work) {
  const endings = [];
  try {
    const authority = await throwAwayCertificate();
    endings.push(() => authority.remove());
    const issuer = await startIssuer(authority.certificate, { lifetimeSeconds: 86_400 });
    endings.push(() => issuer.close());
    // A short path: that of a unix socket may have 107 bytes.
    const folder = await mkdtemp(join(tmpdir(), 'evertoken-bench-'));
    endings.push(() => rm(folder, { recursive: true, force: true }));
    const keep = (thing) => {
      endings.push(() => thing.end());
      return thing;
    };
    return await work({ authority, issuer, folder, keep });
  } finally {
    for (const end of endings.reverse()) await end();
  }
}
