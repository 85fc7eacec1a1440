import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLocalCa, openStateFolder } from '@evertoken/service';

/** A throw-away CA, and a certificate of it for the loopback; `caFile` is for NODE_EXTRA_CA_CERTS. `remove` takes the files away. */
export async function throwAwayCertificate() {
  const path = await mkdtemp(join(tmpdir(), 'evertoken-bench-'));
  const ca = await openLocalCa(await openStateFolder(path));
  return {
    caFile: ca.certificatePath,
    certificate: await ca.serverCertificate(['localhost']),
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
