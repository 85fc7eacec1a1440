/** What OpenSSL finds wrong with a certificate, by the names that Node gives it, and Node's own two about the name in it. */
const certificateCodes =
  /^(CERT_|CRL_|ERR_TLS_CERT_|ERROR_IN_C(ERT|RL)_|UNABLE_TO_(GET|DECRYPT|DECODE|VERIFY)_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH$|INVALID_(CA|PURPOSE)$|PATH_LENGTH_EXCEEDED$)/;

/**
 * Whether a system code says that a certificate is not trusted, or not the one of that host. All else that goes wrong with TLS (`ERR_SSL_…`) is no
 * matter of certificates: most often something that speaks no TLS is at that port.
 */
export function isCertificateCode(code: string): boolean {
  return certificateCodes.test(code);
}
