import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { openRegularFile } from './regular-file.ts';
import { ServiceError, systemCodeOf } from './service-error.ts';
import type { SetTimer } from './set-timer.ts';

/** A certificate and its key in files that somebody else renews. */
export interface CertificateFiles {
  /** PEM text of the key and of the certificate with its chain, as they stand in the files now. @throws {ServiceError} `certificate_invalid` */
  read(): Promise<{ key: string; cert: string }>;
  /** Stops watching the files. */
  close(): void;
}

const lookEveryMs = 10_000;

/**
 * Reads a certificate and its key from files, and looks every 10 s whether they have changed. It makes no difference how: written in place, replaced by a
 * rename, or behind a link that was switched. `onChange` is called when the new files can be used together. While they cannot, `onError` is called once.
 * @throws {ServiceError} `certificate_invalid` where the files cannot be used at the start.
 */
export async function openCertificateFiles(
  paths: { readonly cert: string; readonly key: string },
  options: {
    readonly onChange: () => void;
    readonly onError: (error: unknown) => void;
    readonly setTimer: SetTimer;
  },
): Promise<CertificateFiles> {
  const { onChange, onError, setTimer } = options;
  let known = digestOf(await readPair(paths));
  let isTold = false;
  let isClosed = false;
  let timer = setTimer(look, lookEveryMs);

  function look(): void {
    void readPair(paths)
      .then((pair) => {
        const digest = digestOf(pair);
        isTold = false;
        if (digest === known || isClosed) return;
        known = digest;
        onChange();
      })
      .catch((error: unknown) => {
        if (!isTold && !isClosed) onError(error);
        isTold = true;
      })
      .finally(() => {
        if (!isClosed) timer = setTimer(look, lookEveryMs);
      });
  }

  return {
    read: () => readPair(paths),
    close() {
      isClosed = true;
      timer.cancel();
    },
  };
}

async function readPair(paths: { readonly cert: string; readonly key: string }): Promise<{ key: string; cert: string }> {
  const [cert, key] = [await readText(paths.cert, false), await readText(paths.key, true)];
  const certificate = attempt(() => new X509Certificate(cert), 'There is no PEM certificate in the file', paths.cert);
  const privateKey = attempt(() => createPrivateKey(key), 'There is no PEM private key in the file, or a password guards it', paths.key);
  if (!certificate.checkPrivateKey(privateKey)) {
    const problem = `The private key is not the one of the certificate in ${paths.cert}`;
    throw new ServiceError('certificate_invalid', {
      problem,
      place: paths.key,
      step: 'Name the certificate and the key that were made together.',
    });
  }
  return { key, cert };
}

async function readText(path: string, isSecret: boolean): Promise<string> {
  try {
    const file = await openRegularFile(path);
    try {
      if (isSecret && ((await file.stat()).mode & 0o002) !== 0) {
        const facts = { problem: 'Everybody may write the private key', place: path, step: 'Run `chmod o-w` on it.' };
        throw new ServiceError('certificate_invalid', facts);
      }
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause;
    const problem = `The file cannot be read (${systemCodeOf(cause) ?? (cause as Error).message})`;
    throw new ServiceError('certificate_invalid', {
      problem,
      place: path,
      step: 'Let the user who runs this program read it, or name another file.',
      cause,
    });
  }
}

/** Runs `read`. Its error may quote the key, and so is not kept as the cause of ours. */
function attempt<Value>(read: () => Value, problem: string, place: string): Value {
  try {
    return read();
  } catch {
    throw new ServiceError('certificate_invalid', { problem, place, step: 'Name a file that holds it as PEM (-----BEGIN …).' });
  }
}

function digestOf({ key, cert }: { key: string; cert: string }): string {
  return createHash('sha256').update(cert).update('\0').update(key).digest('hex');
}
