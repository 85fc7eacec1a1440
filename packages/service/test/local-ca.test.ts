import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmod, lstat, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freshFolder } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type LocalCa, openListeners, openLocalCa, openStateFolder, type StateFolder } from '../src/index.ts';

const dayMs = 86_400_000;
const start = Date.UTC(2030, 0, 1);

const aFolder = async (): Promise<StateFolder> => openStateFolder(await freshFolder());

async function serveWith(ca: LocalCa): Promise<string> {
  const listeners = await openListeners([{ kind: 'https', host: 'localhost', port: 0 }], {
    handler: (_req, res) => res.end('hello'),
    certificate: ca.serverCertificate,
    onError: () => undefined,
  });
  onTestFinished(() => listeners.close({ graceMs: 0 }));
  return listeners.urls[0]!;
}

function statusOf(url: string, options: { ca?: string; host?: string }): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const target = new URL(url);
    if (options.host !== undefined) target.hostname = options.host;
    get(target, { agent: false, ...(options.ca === undefined ? {} : { ca: options.ca }) }, (res) => {
      res.resume().once('end', () => resolve(res.statusCode));
    }).once('error', reject);
  });
}

describe('openLocalCa', () => {
  it('issues certificates that a client who trusts it accepts, by name and by address', async () => {
    const ca = await openLocalCa(await aFolder());
    const url = await serveWith(ca);
    expect(await statusOf(url, { ca: ca.certificatePem })).toBe(200);
    expect(await statusOf(url, { ca: ca.certificatePem, host: '127.0.0.1' })).toBe(200);
  });

  it('issues certificates that a client who does not trust it refuses', async () => {
    const url = await serveWith(await openLocalCa(await aFolder()));
    await expect(statusOf(url, {})).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    const other = await openLocalCa(await aFolder());
    await expect(statusOf(url, { ca: other.certificatePem })).rejects.toThrow();
  });

  it('is accepted by strict OpenSSL, for its own hosts and for no other', async () => {
    const ca = await openLocalCa(await aFolder());
    const leafPath = join(await freshFolder(), 'leaf.pem');
    await writeFile(leafPath, (await ca.serverCertificate(['localhost'])).cert);
    const verify = (hostCheck: string[]): Promise<unknown> =>
      promisify(execFile)('openssl', [
        'verify',
        '-x509_strict',
        '-purpose',
        'sslserver',
        '-CAfile',
        ca.certificatePath,
        ...hostCheck,
        leafPath,
      ]);
    await verify(['-verify_hostname', 'localhost']);
    await verify(['-verify_ip', '127.0.0.1']);
    await verify(['-verify_ip', '::1']);
    await expect(verify(['-verify_hostname', 'example.com'])).rejects.toThrow();
  });

  it('lets its bundle verify it and public sites', async () => {
    const folder = await aFolder();
    const ca = await openLocalCa(folder);
    const bundle = (await folder.read('ca-bundle.pem')) ?? '';
    expect(ca.bundlePath).toBe(folder.file('ca-bundle.pem'));
    expect(bundle.startsWith(ca.certificatePem)).toBe(true);
    expect(bundle.split('BEGIN CERTIFICATE').length).toBeGreaterThan(100);
    expect(await folder.read('ca.pem')).toBe(ca.certificatePem);
  });

  it('is the same after a restart, with a new server key each time', async () => {
    const folder = await aFolder();
    const first = await openLocalCa(folder);
    const second = await openLocalCa(folder);
    expect(second.certificatePem).toBe(first.certificatePem);
    const [one, other] = [await first.serverCertificate(['localhost']), await second.serverCertificate(['localhost'])];
    expect(other.key).not.toBe(one.key);
    expect(new X509Certificate(other.cert).checkIssued(new X509Certificate(first.certificatePem))).toBe(true);
  });

  it('is one CA when several processes open it at once', async () => {
    const folder = await aFolder();
    const opened = await Promise.all(Array.from({ length: 8 }, () => openLocalCa(folder)));
    expect(new Set(opened.map((ca) => ca.certificatePem)).size).toBe(1);
    expect(await folder.read('ca.pem')).toBe(opened[0]!.certificatePem);
  });

  it('lives 10 years, its certificates 90 days and never longer than itself', async () => {
    const folder = await aFolder();
    const ca = await openLocalCa(folder, { now: () => start });
    expect(new Date(new X509Certificate(ca.certificatePem).validTo).getTime()).toBe(start + 3650 * dayMs);
    const leaf = new X509Certificate((await ca.serverCertificate(['localhost'])).cert);
    expect(new Date(leaf.validTo).getTime()).toBe(start + 90 * dayMs);
    const late = await openLocalCa(folder, { now: () => start + 3600 * dayMs });
    const lateLeaf = new X509Certificate((await late.serverCertificate(['localhost'])).cert);
    expect(new Date(lateLeaf.validTo).getTime()).toBe(start + 3650 * dayMs);
  });

  it('is made anew when less than 30 days are left, and not before', async () => {
    const folder = await aFolder();
    const first = await openLocalCa(folder, { now: () => start });
    const kept = await openLocalCa(folder, { now: () => start + 3619 * dayMs });
    expect(kept.certificatePem).toBe(first.certificatePem);
    const renewed = await openLocalCa(folder, { now: () => start + 3621 * dayMs });
    expect(renewed.certificatePem).not.toBe(first.certificatePem);
    expect(await folder.read('ca.pem')).toBe(renewed.certificatePem);
  });

  it('keeps its key to itself, and refuses one that others may read', async () => {
    const folder = await aFolder();
    await openLocalCa(folder);
    expect((await lstat(folder.file('ca-key.pem'))).mode & 0o777).toBe(0o600);
    await chmod(folder.file('ca-key.pem'), 0o644);
    await expect(openLocalCa(folder)).rejects.toMatchObject({ code: 'state_folder_unsafe' });
  });

  it('refuses a broken key file, and one whose parts do not belong together', async () => {
    const [folder, other] = [await aFolder(), await aFolder()];
    await openLocalCa(folder);
    await openLocalCa(other);
    const mixed = (await folder.read('ca-key.pem'))!.split('-----BEGIN CERTIFICATE')[0]! + (await other.read('ca.pem'))!;
    for (const content of ['nonsense', mixed]) {
      await folder.writePrivate('ca-key.pem', content);
      await expect(openLocalCa(folder)).rejects.toMatchObject({ code: 'certificate_invalid', place: folder.file('ca-key.pem') });
    }
  });
});
