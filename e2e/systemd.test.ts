import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { plainEnvironment, runProcess, spawnProcess } from '@evertoken/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { missingPrograms } from '../scripts/debian-programs.mjs';
import { askSocket, type StagedMachine, stageMachine } from './deployed-agent.ts';
import { temporaryFolder, workspace } from './evertoken.ts';
import { type RunningTenant, runTenant } from './running-tenant.ts';

const isMissing = missingPrograms('e2e/systemd.test.ts').length > 0;
if (isMissing) console.warn('SKIPPED: the tests of deploy/systemd: systemd and Python are not installed here.');

/** Values of a directive of a unit, in order. */
const valuesOf = (unit: string, name: string): string[] =>
  [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);

describe('deploy/systemd', () => {
  let folder: { path: string; remove: () => Promise<void> };
  let tenant: RunningTenant;
  let machine: StagedMachine;
  /** The unit, with its paths where this machine has them. */
  let unit: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    tenant = await runTenant(join(folder.path, 'tenant'), { port: 0 });
    machine = await stageMachine(join(folder.path, 'm'), tenant, '/run/credentials/evertoken.service/auth0-client-secret');
    const text = (name: string) => readFile(join(workspace, 'deploy/systemd', name), 'utf8');
    await machine.write('/etc/evertoken/evertoken.yaml', machine.staged(await text('evertoken.yaml')));
    unit = machine.staged(await text('evertoken.service'));
    await machine.write('/etc/systemd/evertoken.service', unit);
  });

  afterAll(async () => {
    await tenant?.tenant.close();
    await folder?.remove();
  });

  const analyze = (...args: string[]) => runProcess('systemd-analyze', args, { env: plainEnvironment() });

  // Warnings about the machine's own units are none of ours.
  const complaintsOf = (stderr: string) => stderr.split('\n').filter((line) => line.includes('evertoken'));

  it.skipIf(isMissing)('systemd finds nothing wrong in the unit', async () => {
    const { stderr } = await analyze('verify', '--recursive-errors=no', machine.path('/etc/systemd/evertoken.service'));
    expect(complaintsOf(stderr)).toEqual([]);
    await machine.write('/etc/systemd/evertoken-wrong.service', unit.replace('WatchdogSec=60s', 'WatchdogSec=soon'));
    const wrong = await analyze('verify', '--recursive-errors=no', machine.path('/etc/systemd/evertoken-wrong.service'));
    expect(complaintsOf(wrong.stderr)).toEqual([expect.stringContaining('soon')]);
  });

  it.skipIf(isMissing)('systemd finds it little exposed, and one without its sandbox much', async () => {
    const judge = (name: string) =>
      analyze('security', '--no-pager', '--offline=true', '--threshold=25', machine.path(`/etc/systemd/${name}`));
    const { code, stdout } = await judge('evertoken.service');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/Overall exposure level for evertoken\.service: [01]\.\d/)]);
    await machine.write(
      '/etc/systemd/evertoken-open.service',
      unit.replace(/^(?:Protect|Private|Restrict|SystemCall|Capability).*$/gm, ''),
    );
    expect((await judge('evertoken-open.service')).code).not.toBe(0);
  });

  it.skipIf(isMissing)('its user is one that systemd can make', async () => {
    const file = join(workspace, 'deploy/systemd/evertoken.sysusers.conf');
    const { code, stderr } = await runProcess('systemd-sysusers', ['--dry-run', file], { env: plainEnvironment() });
    expect([code, stderr]).toEqual([0, expect.not.stringContaining(file)]);
    expect(valuesOf(unit, 'User')).toEqual(['evertoken']);
  });

  it('writes nowhere but where the unit lets it', () => {
    expect(valuesOf(unit, 'ProtectSystem')).toEqual(['strict']);
    expect(['State', 'Runtime', 'Logs'].map((kind) => valuesOf(unit, `${kind}Directory`))).toEqual([
      ['evertoken'],
      ['evertoken'],
      ['evertoken'],
    ]);
    // Machine code that is written and run: without it Node.js does not start.
    expect(valuesOf(unit, 'MemoryDenyWriteExecute')).toEqual([]);
  });

  it.skipIf(isMissing)(
    'the process of the unit tells that it is ready, alive, reloading and stopping, and gives the token to the socket’s group',
    async () => {
      const socket = join(folder.path, 'notify');
      const manager = spawnProcess('python3', [join(workspace, 'e2e/programs/notify-socket.py'), socket], { env: plainEnvironment() });
      onTestFinished(() => manager.stop());
      await manager.waitFor(/listening/);

      const credentials = machine.path('/run/credentials/evertoken.service');
      const settings = valuesOf(unit, 'Environment').map((value) =>
        value
          .replace(/^"(.*)"$/, '$1')
          .replaceAll('%d', credentials)
          .split(/=(.*)/s),
      );
      const env = {
        ...plainEnvironment(Object.fromEntries(settings.map(([name = '', value = '']) => [name, value]))),
        NODE_EXTRA_CA_CERTS: tenant.caPath,
        NOTIFY_SOCKET: socket,
        WATCHDOG_USEC: '400000',
      };
      const [program = '', ...args] = valuesOf(unit, 'ExecStart')[0]!.split(' ');
      const agent = spawnProcess(program, args, { env });
      onTestFinished(() => agent.stop());
      await manager.waitFor(/^READY=1;STATUS=listening on unix:/m);
      await manager.waitFor(/^WATCHDOG=1$/m);

      const ownSocket = machine.path('/run/evertoken/nightly-report.sock');
      expect(((await stat(ownSocket)).mode & 0o777).toString(8)).toBe('660');
      await expect.poll(async () => (await askSocket(ownSocket, '/readyz')).status).toBe(200);
      const { status, body } = await askSocket(ownSocket, '/v1/tokens/management');
      expect([status, JSON.parse(body)]).toEqual([200, expect.objectContaining({ token_type: 'Bearer' })]);
      expect((await askSocket(ownSocket, '/api/v2/clients')).status).toBe(200);

      const [reload = '', ...reloadArgs] = valuesOf(unit, 'ExecReload')[0]!.split(' ');
      const reloaded = await runProcess(reload, reloadArgs, { env });
      expect([reloaded.code, reloaded.stderr]).toEqual([0, '']);
      await manager.waitFor(/^RELOADING=1;MONOTONIC_USEC=\d+$[\s\S]*^READY=1/m);

      process.kill(agent.pid, 'SIGTERM');
      expect((await agent.exit()).code).toBe(0);
      await manager.waitFor(/^STOPPING=1/m);
      expect(await readFile(machine.path('/var/log/evertoken/audit.jsonl'), 'utf8')).toContain('"app":"nightly-report"');
    },
  );
});
