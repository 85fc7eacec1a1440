import { type LocalCa, openLocalCa, type StateFolder } from '@evertoken/service';

/** The local CA, opened (and made) when the first certificate of it is asked for. */
export interface CaOnDemand {
  readonly certificate: LocalCa['serverCertificate'];
  /** The CA if a certificate was asked for, else undefined: then no program has to trust it. */
  opened(): Promise<LocalCa | undefined>;
}

/**
 * An agent that serves no https, or has certificates of its own, makes no CA and changes nobody's trust: `SSL_CERT_FILE` would replace all CAs of the machine.
 * Opening it late also saves loading the code that makes certificates, a quarter of the time of a start.
 */
export function caOnDemand(folder: StateFolder): CaOnDemand {
  let opening: Promise<LocalCa> | undefined;
  const open = (): Promise<LocalCa> => {
    opening ??= openLocalCa(folder).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  return {
    certificate: async (hosts) => (await open()).serverCertificate(hosts),
    opened: async () => await opening,
  };
}
