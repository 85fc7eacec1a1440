import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RedisCertificate } from '@evertoken/testkit';

/** A certificate for localhost that vouches for itself. */
export function redisCertificate(): RedisCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'evertoken-certificate-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  try {
    const made = spawnSync('openssl', ['req', '-x509', ...curve, '-days', '2', ...names, '-keyout', key, '-out', certificate], {
      encoding: 'utf8',
    });
    if (made.status !== 0) throw new Error(`openssl could not make a certificate: ${made.stderr}`);
    const text = readFileSync(certificate, 'utf8');
    return { certificate: text, key: readFileSync(key, 'utf8'), ca: text };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
