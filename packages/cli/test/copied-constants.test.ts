import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isCertificateCode } from '@evertoken/client/wire';
import { longestSocketPath, openControlSocket } from '@evertoken/service';
import { rateLimitPlans } from '@evertoken/tenant';
import { freshFolder } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { requireAgent } from '../src/agent-presence.ts';
import { isCertificateCode as isCertificateCodeHere } from '../src/certificate-code.ts';
import { commandTree } from '../src/command-line/command-tree.ts';

/** What Node calls the failures of a certificate (node:tls, "X509 certificate error codes"), its own two, and codes that are none of them. */
const codes = [
  ...['UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_CRL', 'UNABLE_TO_DECRYPT_CERT_SIGNATURE', 'UNABLE_TO_DECRYPT_CRL_SIGNATURE'],
  ...['UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY', 'CERT_SIGNATURE_FAILURE', 'CRL_SIGNATURE_FAILURE', 'CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED'],
  ...['CRL_NOT_YET_VALID', 'CRL_HAS_EXPIRED', 'ERROR_IN_CERT_NOT_BEFORE_FIELD', 'ERROR_IN_CERT_NOT_AFTER_FIELD'],
  ...['ERROR_IN_CRL_LAST_UPDATE_FIELD', 'ERROR_IN_CRL_NEXT_UPDATE_FIELD', 'OUT_OF_MEM', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ...['SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CERT_CHAIN_TOO_LONG'],
  ...['CERT_REVOKED', 'INVALID_CA', 'PATH_LENGTH_EXCEEDED', 'INVALID_PURPOSE', 'CERT_UNTRUSTED', 'CERT_REJECTED', 'HOSTNAME_MISMATCH'],
  ...['ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_TLS_CERT_ALTNAME_FORMAT'],
  ...['EPROTO', 'ECONNREFUSED', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_TLS_HANDSHAKE_TIMEOUT', 'INVALID_CALL', 'MY_CERT_'],
];

// The command has these of its own, because loading the package that they belong to would take longer than the rest of a short command.
describe('what the command has as a copy', () => {
  it('is the list of rate limit plans of the tenant', () => {
    const options = commandTree.find(({ name }) => name === 'tenant start')?.options ?? [];
    expect(options.find(({ flags }) => flags.startsWith('--rate-limits'))?.choices).toEqual(rateLimitPlans);
  });

  it.each(codes)('is what the client makes of the code %s', (code) => {
    expect(isCertificateCodeHere(code)).toBe(isCertificateCode(code));
  });

  it.each([0, 1])('is the place of the control socket, where its path is %d bytes longer than a socket takes', async (more) => {
    const parent = await freshFolder();
    const home = join(parent, 'x'.repeat(longestSocketPath + more - join(parent, '/', 'control.sock').length - 1));
    await mkdir(home, { mode: 0o700 });
    expect(join(home, 'control.sock')).toHaveLength(longestSocketPath + more);
    await expect(requireAgent(home)).rejects.toMatchObject({ exitCode: 3 });
    const control = await openControlSocket(home, async () => ({ status: 200, body: {} }));
    onTestFinished(() => control.close());
    await expect(requireAgent(home)).resolves.toBeUndefined();
  });
});
