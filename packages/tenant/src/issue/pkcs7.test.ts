import 'reflect-metadata';
import { PemConverter, X509Certificate, X509Certificates } from '@peculiar/x509';
import { expect, it } from 'vitest';
import { newSigningKey } from './new-signing-key.ts';
import { pkcs7Of } from './pkcs7.ts';

it.each(['a', 'tenant.example', 'n'.repeat(60)])('is what a library makes of the certificate for %s', async (host) => {
  const { certificatePem } = await newSigningKey('current', host, Date.UTC(2030, 1));
  const library = PemConverter.encode(new X509Certificates(new X509Certificate(certificatePem)).export('raw'), 'PKCS7');
  expect(pkcs7Of(certificatePem)).toBe(library);
});
