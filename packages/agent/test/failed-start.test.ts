import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { loadAgentConfig, newAppKey, startAgent } from '@evertoken/agent';
import { createLog, openLocalCa, openStateFolder } from '@evertoken/service';
import { freshFolder, ManualClock } from '@evertoken/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { twoApps } from './a-running-agent.ts';

it('a start that fails tells why, also where what had been opened cannot be closed', async () => {
  const home = await freshFolder();
  const pair = await (await openLocalCa(await openStateFolder(join(home, 'ca')))).serverCertificate(['localhost']);
  await writeFile(join(home, 'tls.key'), pair.key, { mode: 0o600 });
  await writeFile(join(home, 'tls.crt'), pair.cert);
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  const taken = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;

  const file = join(home, 'evertoken.yaml');
  const tls = `tls: { cert: "${join(home, 'tls.crt')}", key: "${join(home, 'tls.key')}" }\n`;
  await writeFile(file, `${twoApps('http://127.0.0.1:1')('http://127.0.0.1:1', () => newAppKey().sha256)}${tls}`);
  const folder = await openStateFolder(join(home, 'state'));
  let log = '';
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      log += chunk.toString();
      done();
    },
  });
  // The look at the certificate files cannot be ended.
  class BrokenClock extends ManualClock {
    override setTimer(...timer: Parameters<ManualClock['setTimer']>): ReturnType<ManualClock['setTimer']> {
      super.setTimer(...timer);
      return {
        cancel() {
          throw new Error('the timer is stuck');
        },
      };
    }
  }
  const starting = startAgent({
    config: await loadAgentConfig({ file, env: {}, folder, listen: [taken] }),
    folder,
    certificate: async () => pair,
    log: createLog({ program: 'agent', pretty: false, level: 'debug', destination }),
    version: '0.0.0-test',
    clock: new BrokenClock(),
  });
  await expect(starting).rejects.toMatchObject({ code: 'port_taken' });
  expect(log).toMatch(/"event":"agent\.unclosed".*the timer is stuck/);
});
