// x509 needs the polyfill to be there before it is loaded.
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { Authority } from './authority.ts';

const dayMs = 86_400_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/**
 * Makes a certificate authority: ECDSA P-256, valid for 10 years from `now` (epoch ms). It may sign end certificates and no further authorities
 * (RFC 5280 §4.2.1.9). Answers one PEM text: the private key (PKCS #8), then the certificate.
 */
export async function createAuthority(now: number): Promise<string> {
  const keys = await newKeyPair();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    // A name of its own, so that two of them in one trust store are told apart.
    name: `CN=Evertoken local CA ${randomBytes(4).toString('hex')}`,
    serialNumber: newSerialNumber(),
    notBefore: new Date(now - dayMs),
    notAfter: new Date(now + 3650 * dayMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return `${await exportPrivateKey(keys.privateKey)}\n${certificate.toString('pem')}\n`;
}

/** Issues a server certificate with a new key for `hosts` (DNS names, IP addresses), valid for 90 days from `now` but no longer than the authority. */
export async function issueServerCertificate(
  authority: Authority,
  hosts: readonly string[],
  now: number,
): Promise<{ key: string; cert: string }> {
  const keys = await newKeyPair();
  const issuer = new X509Certificate(authority.certificatePem);
  const certificate = await X509CertificateGenerator.create({
    subject: [{ CN: [hosts[0] ?? 'localhost'] }],
    issuer: issuer.subjectName,
    serialNumber: newSerialNumber(),
    notBefore: new Date(now - 3_600_000),
    notAfter: new Date(Math.min(now + 90 * dayMs, authority.notAfter)),
    publicKey: keys.publicKey,
    signingKey: await webcrypto.subtle.importKey('pkcs8', authority.privateKey.export({ type: 'pkcs8', format: 'der' }), algorithm, false, [
      'sign',
    ]),
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(hosts.map((host) => ({ type: isIP(host) === 0 ? 'dns' : 'ip', value: host }))),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(await issuer.publicKey.export(algorithm, ['verify'])),
    ],
  });
  return { key: await exportPrivateKey(keys.privateKey), cert: certificate.toString('pem') };
}

function newKeyPair(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function exportPrivateKey(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

function newSerialNumber(): string {
  // Positive and at most 20 octets (RFC 5280 §4.1.2.2): the leading 01 keeps the sign bit clear.
  return `01${randomBytes(15).toString('hex')}`;
}
