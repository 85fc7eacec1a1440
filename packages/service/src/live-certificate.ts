import { type CertificateFiles, openCertificateFiles } from './certificate-files.ts';
import type { Log } from './log.ts';
import type { SetTimer } from './set-timer.ts';

/** Files of a certificate with its chain, and of its key. */
export interface CertificatePaths {
  readonly certPath: string;
  readonly keyPath: string;
}

type KeyPair = { key: string; cert: string };

/** What a live certificate works with. */
interface Tools {
  readonly clock: { readonly setTimer: SetTimer };
  /** Told `certificate.renewed` and `certificate.unusable`. */
  readonly log: Log;
  /** Called when the files hold another certificate: makes the listeners ask for it. */
  readonly onChange: () => Promise<void>;
}

/** The certificate of https addresses: that of given files, read again when they change, or where none are given one that `local` issues. */
export class LiveCertificate {
  readonly #local: (hosts: string[]) => Promise<KeyPair>;
  readonly #tools: Tools;
  #files: CertificateFiles | undefined;
  #paths: CertificatePaths | undefined;

  /** Goes by `local` until {@link switchTo} is called. */
  constructor(local: (hosts: string[]) => Promise<KeyPair>, tools: Tools) {
    this.#local = local;
    this.#tools = tools;
  }

  /** The key pair for `hosts` as it is now; what the listeners ask for. */
  readonly read = (hosts: string[]): Promise<KeyPair> => this.#files?.read() ?? this.#local(hosts);

  /**
   * Goes by the files at `paths` from now on, or by `local` where they are undefined. `goBack` of the answer returns to what was before, and `keep` gives
   * that up; one of the two is to be called. `isNew` tells whether anything changed.
   * @throws {ServiceError} `certificate_invalid`; all stays as it was.
   */
  async switchTo(paths: CertificatePaths | undefined): Promise<{ readonly isNew: boolean; keep(): void; goBack(): void }> {
    const before = { files: this.#files, paths: this.#paths };
    if (JSON.stringify(paths) === JSON.stringify(before.paths)) return { isNew: false, keep: () => undefined, goBack: () => undefined };
    const opened = paths && (await this.#open(paths));
    [this.#files, this.#paths] = [opened, paths];
    return {
      isNew: true,
      keep: () => before.files?.close(),
      goBack: () => {
        opened?.close();
        [this.#files, this.#paths] = [before.files, before.paths];
      },
    };
  }

  /** Looks at no file any more. */
  close(): void {
    this.#files?.close();
  }

  #open({ certPath, keyPath }: CertificatePaths): Promise<CertificateFiles> {
    const { clock, log, onChange } = this.#tools;
    const onError = (error: unknown): void =>
      log.error({ event: 'certificate.unusable', path: certPath, err: error }, 'the new certificate cannot be used; the old one stays');
    return openCertificateFiles(
      { cert: certPath, key: keyPath },
      {
        setTimer: (wake, delayMs) => clock.setTimer(wake, delayMs),
        onError,
        onChange: () =>
          void onChange()
            .then(() => log.info({ event: 'certificate.renewed', path: certPath }, `took the new certificate of ${certPath}`))
            .catch(onError),
      },
    );
  }
}
