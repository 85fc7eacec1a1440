import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type PeerCertificate } from 'node:tls';
import { type LocalCa, openLocalCa, openStateFolder } from '@evertoken/service';
import { ManualClock } from '@evertoken/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ReloadableAgent, startReloadableAgent, twoTokens, until } from './a-reloadable-agent.ts';

let home: string;
let ca: LocalCa;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'evertoken-given-'));
  ca = await openLocalCa(await openStateFolder(join(home, 'ca')));
});

afterAll(() => rm(home, { recursive: true }));

/** Writes a new certificate where the config says; answers its fingerprint. */
async function renew(): Promise<string> {
  const { key, cert } = await ca.serverCertificate([`given-${Math.random()}.example`, 'localhost']);
  await writeFile(join(home, 'tls.key'), key, { mode: 0o600 });
  await writeFile(join(home, 'tls.crt'), cert);
  return new X509Certificate(cert).fingerprint256;
}

/** Fingerprint of the certificate that new connections get. */
async function shown(running: ReloadableAgent): Promise<string> {
  return (await shownCertificate(running)).fingerprint256;
}

function shownCertificate({ agent }: ReloadableAgent): Promise<PeerCertificate> {
  const { port } = new URL(agent.urls.find((url) => url.startsWith('https:')) ?? '');
  return new Promise((resolve, reject) => {
    const socket = connect({ host: 'localhost', port: Number(port), ca: ca.certificatePem, servername: 'localhost' }, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

const tls = (): string => `tls: { cert: "${join(home, 'tls.crt')}", key: "${join(home, 'tls.key')}" }\n`;
const overTls =
  (more = ''): typeof twoTokens =>
  (...parts) =>
    `${twoTokens(...parts).replace('http://127.0.0.1:0', 'https://localhost:0')}${more}`;
const local = { certificate: (hosts: string[]) => ca.serverCertificate(hosts) };

it('a certificate that is given is shown, and its successor when the files change', async () => {
  const clock = new ManualClock();
  const first = await renew();
  const running = await startReloadableAgent({ yaml: overTls(tls()), clock });
  expect(await shown(running)).toBe(first);
  const second = await renew();
  expect(second).not.toBe(first);
  await until(() => {
    clock.advance(1_000);
    return running.log.some((line) => line['event'] === 'certificate.renewed');
  });
  expect(await shown(running)).toBe(second);
});

it('a reload goes from the local CA to a given certificate and back, and refuses one that cannot be used', async () => {
  const given = await renew();
  const running = await startReloadableAgent({ yaml: overTls(), ...local });
  const atFirst = await shown(running);
  expect(atFirst).not.toBe(given);
  await running.edit([/$/, tls()]);
  expect(await running.agent.reload()).toMatchObject({ isApplied: true, changes: ['tls changed'] });
  expect(await shown(running)).toBe(given);
  await running.edit(['tls.key', 'none.key']);
  expect(await running.agent.reload()).toMatchObject({ isApplied: false, message: expect.stringContaining('none.key') as string });
  expect(await shown(running)).toBe(given);
  await running.edit([/tls: .*/, '']);
  expect((await running.agent.reload()).isApplied).toBe(true);
  expect(await shown(running)).not.toBe(given);
});

it('the local CA vouches for the names of `hosts`, at once for those that a reload brings', async () => {
  const running = await startReloadableAgent({ yaml: overTls('hosts: [agent.internal]\n'), ...local });
  const namesShown = async (): Promise<string> => new X509Certificate((await shownCertificate(running)).raw).subjectAltName ?? '';
  expect(await namesShown()).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:agent.internal');
  await running.edit(['[agent.internal]', '[other.internal, "[2001:db8::1]"]']);
  expect(await running.agent.reload()).toMatchObject({ isApplied: true, changes: ['hosts changed'] });
  const names = await namesShown();
  expect([names.includes('agent.internal'), names]).toEqual([
    false,
    expect.stringMatching(/DNS:other.internal, IP Address:2001:DB8:/) as string,
  ]);
});

it('a reload that is refused changes no name of the certificate', async () => {
  const running = await startReloadableAgent({ yaml: overTls('hosts: [agent.internal]\n'), ...local });
  const before = await shown(running);
  await running.edit(
    ['[agent.internal]', '[other.internal]'],
    ['https://localhost:0', 'https://192.0.2.1:0'],
    [/$/, 'allow_remote: true\n'],
  );
  expect((await running.agent.reload()).isApplied).toBe(false);
  await running.edit(
    ['https://192.0.2.1:0', 'https://localhost:0'],
    ['[other.internal]', '[agent.internal]'],
    ['allow_remote: true\n', ''],
  );
  expect(await running.agent.reload()).toMatchObject({ isApplied: true, changes: [] });
  expect(await shown(running)).toBe(before);
});

it('an agent does not start on a certificate that cannot be read', async () => {
  await expect(startReloadableAgent({ yaml: overTls('tls: { cert: /none.crt, key: /none.key }\n') })).rejects.toMatchObject({
    code: 'certificate_invalid',
  });
});
