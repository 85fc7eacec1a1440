import type { Clock } from '@evertoken/client';
import { type CertificateFiles, type Log, openCertificateFiles } from '@evertoken/service';
import type { AgentConfig } from '../config/agent-config.ts';

type KeyPair = { key: string; cert: string };

/** The certificate of the https addresses: of the files that the config names, read anew when they change, else of `local`. */
export class LiveCertificate {
  readonly #local: (hosts: string[]) => Promise<KeyPair>;
  readonly #tools: { clock: Clock; log: Log; onChange: () => Promise<void> };
  #files: CertificateFiles | undefined;
  #tls: AgentConfig['tls'];

  constructor(local: (hosts: string[]) => Promise<KeyPair>, tools: { clock: Clock; log: Log; onChange: () => Promise<void> }) {
    this.#local = local;
    this.#tools = tools;
  }

  readonly read = (hosts: string[]): Promise<KeyPair> => this.#files?.read() ?? this.#local(hosts);

  /**
   * Goes by `tls` from now on; the answer goes back to what was before, and `keep` gives that up. `isNew` tells whether anything changed.
   * @throws {ServiceError} `certificate_invalid`; all stays as it was.
   */
  async switchTo(tls: AgentConfig['tls']): Promise<{ readonly isNew: boolean; keep(): void; goBack(): void }> {
    const before = { files: this.#files, tls: this.#tls };
    if (JSON.stringify(tls) === JSON.stringify(before.tls)) return { isNew: false, keep: () => undefined, goBack: () => undefined };
    const opened = tls && (await this.#open(tls));
    [this.#files, this.#tls] = [opened, tls];
    return {
      isNew: true,
      keep: () => before.files?.close(),
      goBack: () => {
        opened?.close();
        [this.#files, this.#tls] = [before.files, before.tls];
      },
    };
  }

  close(): void {
    this.#files?.close();
  }

  #open({ certPath, keyPath }: NonNullable<AgentConfig['tls']>): Promise<CertificateFiles> {
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
