import { type LocalCa, openLocalCa, type StateFolder } from '@evertoken/service';

/** The local CA, opened (and made) when the first certificate of it is asked for. */
export interface CaOnDemand {
  readonly certificate: LocalCa['serverCertificate'];
  /** It, if a certificate was asked for: only then has anybody to trust it. */
  opened(): Promise<LocalCa | undefined>;
}

/**
 * Whoever serves no https, or with given certificates, makes no CA and changes nobody's trust: `SSL_CERT_FILE` stands in for all CAs of the machine. It also
 * saves the loading of what makes certificates, a quarter of the time of a start.
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
