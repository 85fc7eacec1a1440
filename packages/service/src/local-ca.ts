import { rename } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { type Authority, readAuthority } from './authority.ts';
import { readPrivateFile } from './private-file.ts';
import { placeFile } from './replace-file.ts';
import { ServiceError, systemCodeOf } from './service-error.ts';
import type { StateFolder } from './state-folder.ts';

/** A certificate authority of this state folder alone, for https on the loopback. */
export interface LocalCa {
  readonly certificatePem: string;
  /** File with the certificate of this authority alone (`ca.pem`): for `NODE_EXTRA_CA_CERTS` and `curl --cacert`. */
  readonly certificatePath: string;
  /**
   * File with that certificate and the public ones that Node trusts (`ca-bundle.pem`): for `SSL_CERT_FILE` and `REQUESTS_CA_BUNDLE`, which replace all
   * others.
   */
  readonly bundlePath: string;
  /** Issues a certificate with a new key for these DNS names and IP addresses, valid for 90 days. `localhost` includes 127.0.0.1 and ::1. Nothing is stored. */
  serverCertificate(hosts: string[]): Promise<{ key: string; cert: string }>;
}

const authorityFile = 'ca-key.pem';
const renewBeforeMs = 30 * 86_400_000;

/**
 * Opens the folder's CA; makes it on first use (`ca-key.pem`, 0600, valid for 10 years) and again when it has less than 30 days left.
 * @throws {ServiceError} `certificate_invalid` for a broken `ca-key.pem`, `state_folder_unsafe` for one that is not private.
 */
export async function openLocalCa(folder: StateFolder, options: { now?: () => number } = {}): Promise<LocalCa> {
  const { now = Date.now } = options;
  let authority = await openAuthority(folder, now());
  if (authority.notAfter - now() < renewBeforeMs) {
    await rename(folder.file(authorityFile), folder.file(`${authorityFile}.old`));
    authority = await openAuthority(folder, now());
  }
  const { certificatePem } = authority;
  return {
    certificatePem,
    certificatePath: await writeIfChanged(folder, 'ca.pem', certificatePem),
    bundlePath: await writeIfChanged(folder, 'ca-bundle.pem', `${certificatePem}${rootCertificates.join('\n')}\n`),
    serverCertificate: async (hosts) => (await issuing()).issueServerCertificate(authority, withLoopback(hosts), now()),
  };
}

// Making certificates takes a library that costs a quarter of the time of a start, and most starts make none.
const issuing = (): Promise<typeof import('./certificates.ts')> => import('./certificates.ts');

async function openAuthority(folder: StateFolder, now: number): Promise<Authority> {
  const path = folder.file(authorityFile);
  // Key and certificate stand in one file, so that two processes that start together can never mix theirs.
  const stored = await readPrivateFile(path);
  if (stored === undefined) {
    // What another process placed meanwhile is as good.
    await place(path, await (await issuing()).createAuthority(now));
    return await openAuthority(folder, now);
  }
  try {
    return readAuthority(stored);
  } catch (error) {
    throw new ServiceError('certificate_invalid', {
      problem: 'The key and certificate of the local CA cannot be read',
      place: path,
      step: 'Remove the file: the next start makes a new CA, which clients must then be told to trust.',
      cause: error,
    });
  }
}

async function place(path: string, content: string): Promise<void> {
  try {
    await placeFile(path, content);
  } catch (error) {
    throw new ServiceError('state_folder_unwritable', {
      problem: `The local CA cannot be written (${systemCodeOf(error) ?? 'unknown cause'})`,
      place: path,
      step: 'Make the folder writable for the user who runs this program and see that the disk has room.',
      cause: error,
    });
  }
}

async function writeIfChanged(folder: StateFolder, name: string, content: string): Promise<string> {
  // A program that reads the file while another starts must not find it replaced for nothing.
  return (await folder.read(name)) === content ? folder.file(name) : await folder.writePrivate(name, content);
}

function withLoopback(hosts: string[]): string[] {
  return [...new Set(hosts.flatMap((host) => (host === 'localhost' ? [host, '127.0.0.1', '::1'] : [host])))];
}
