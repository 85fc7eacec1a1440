// As in @evertoken/client/wire, whose loading would take longer than all the rest of `evertoken token`.
const certificateCodes =
  /^(CERT_|CRL_|ERR_TLS_CERT_|ERROR_IN_C(ERT|RL)_|UNABLE_TO_(GET|DECRYPT|DECODE|VERIFY)_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH$|INVALID_(CA|PURPOSE)$|PATH_LENGTH_EXCEEDED$)/;

/**
 * Whether a system code says that a certificate is not trusted, or not the one of that host. Other codes of TLS (`ERR_SSL_…`) say nothing of a certificate:
 * most often the port speaks plain http.
 */
export function isCertificateCode(code: string): boolean {
  return certificateCodes.test(code);
}
