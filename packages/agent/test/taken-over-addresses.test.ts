import { chmod, mkdir, readdir, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { openLocalCa, openStateFolder } from '@evertoken/service';
import { freshFolder } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { startReloadableAgent, twoTokens } from './a-reloadable-agent.ts';
import { type AgentSetup, callUrl } from './a-running-agent.ts';

describe('an address that takes the place of another', () => {
  const answerAt = async (socketPath: string, path = '/v1/tokens/orders') =>
    (await callUrl(`http://localhost${path}`, { socketPath })).status;

  /** An agent that listens at a unix socket for the app `report`, in a folder of its own. */
  async function atSocket(setup: AgentSetup = {}, others = '') {
    const running = await startReloadableAgent({
      ...setup,
      yaml: (issuer, hashOf) => twoTokens(issuer, hashOf).replace('["http://127.0.0.1:0"]', `["http://127.0.0.1:0"${others}]`),
    });
    const folder = join(running.home, 'sockets');
    await mkdir(folder, { mode: 0o700 });
    const socket = join(folder, 'own.sock');
    await running.edit(['"http://127.0.0.1:0"', `"http://127.0.0.1:0", "unix:${socket}?app=report"`]);
    expect((await running.agent.reload()).isApplied).toBe(true);
    return { ...running, folder, socket };
  }

  it('is judged before that one is closed', async () => {
    const { agent, edit, folder, socket } = await atSocket();
    await edit(['?app=report', '?app=report&group=no-such-group']);
    expect(await agent.reload()).toMatchObject({ isApplied: false, message: expect.stringContaining('no group') as string });
    await chmod(folder, 0o777);
    await edit(['&group=no-such-group', '&mode=0660']);
    expect(await agent.reload()).toMatchObject({ isApplied: false, message: expect.stringContaining('Others may write') as string });
    expect(await answerAt(socket)).toBe(200);
    await chmod(folder, 0o700);
    expect((await agent.reload()).isApplied).toBe(true);
    expect(await answerAt(socket)).toBe(200);
  });

  it('and fails, though it was judged well, gives it back; what cannot be had again is told, and opened by the next reload', async () => {
    const home = await freshFolder();
    const ca = await openLocalCa(await openStateFolder(join(home, 'ca')));
    const port = await freePort();
    let asked = 0;
    let inBetween = async (): Promise<void> => undefined;
    const certificate = async (hosts: string[]) => {
      if (hosts.includes('localhost')) asked += 1;
      // Once to judge it, and once when the other address has been closed.
      if (asked === 2) await inBetween();
      return await ca.serverCertificate(hosts);
    };
    const { agent, edit, folder, socket, log } = await atSocket({ certificate }, `, "https://127.0.0.1:${port}"`);
    const before = agent.urls;
    inBetween = async () => {
      inBetween = async () => undefined;
      await chmod(folder, 0o777);
      throw new Error('no certificate any more');
    };
    await edit(['?app=report', '?app=report&mode=0660'], [`https://127.0.0.1:${port}`, `https://localhost:${port}`]);
    const lost = expect.stringMatching(/no certificate any more.*cannot be opened again: unix:.*own\.sock.*Others may write/s) as string;
    expect(await agent.reload()).toMatchObject({ isApplied: false, message: lost });
    expect(agent.urls).toEqual(before.filter((url) => !url.startsWith('unix:')));
    expect(agent.configState().problem).toEqual(lost);
    expect(log).toContainEqual(expect.objectContaining({ event: 'listener.lost', level: 'error' }));
    await expect(answerAt(socket)).rejects.toMatchObject({ code: 'ENOENT' });
    await chmod(folder, 0o700);
    await edit(['&mode=0660', ''], [`https://localhost:${port}`, `https://127.0.0.1:${port}`]);
    expect(await agent.reload()).toMatchObject({ isApplied: true, changes: [expect.stringMatching(/^listening on unix:/)] });
    expect(await answerAt(socket)).toBe(200);
    expect(agent.urls.toSorted()).toEqual(before.toSorted());
  });

  it('gives a unix socket back as it was where another address fails after it', async () => {
    const home = await freshFolder();
    const ca = await openLocalCa(await openStateFolder(join(home, 'ca')));
    const port = await freePort();
    let asked = 0;
    const certificate = async (hosts: string[]) => {
      // Once to judge it, and once when the socket has lost its place.
      if (hosts.includes('localhost')) asked += 1;
      if (hosts.includes('localhost') && asked === 2) throw new Error('no certificate any more');
      return await ca.serverCertificate(hosts);
    };
    const { agent, edit, socket } = await atSocket({ certificate }, `, "https://127.0.0.1:${port}"`);
    const before = agent.urls;
    await edit(['?app=report', '?mode=0660'], [`https://127.0.0.1:${port}`, `https://localhost:${port}`]);
    expect(await agent.reload()).toMatchObject({ isApplied: false, message: expect.stringContaining('no certificate') as string });
    expect(agent.urls).toEqual(before);
    expect([await answerAt(socket), (await stat(socket)).mode & 0o777]).toEqual([200, 0o600]);
  });

  it('leaves no moment in which nobody listens at a unix socket', async () => {
    const { agent, edit, socket } = await atSocket();
    for (const [from, to] of [
      ['?app=report', '?app=report&mode=0660'],
      ['&mode=0660', '&mode=0640'],
      ['?app=report&mode=0640', ''],
      ['own.sock', 'own.sock?app=report'],
    ] as const) {
      await edit([from, to]);
      let isOver = false;
      const outcome = agent.reload().finally(() => {
        isOver = true;
      });
      const statuses = new Set<number>();
      while (!isOver) statuses.add(await answerAt(socket, '/healthz'));
      expect((await outcome).isApplied).toBe(true);
      expect([...statuses]).toEqual([200]);
    }
    expect(await answerAt(socket)).toBe(200);
    expect(await readdir(dirname(socket))).toEqual(['own.sock']);
  });

  it('may be the same one for another purpose', async () => {
    const { agent, edit, socket } = await atSocket();
    const both = agent.urls;
    await edit([`, "unix:${socket}?app=report"]`, `]\nmetrics: { listen: ["unix:${socket}"] }`]);
    expect(await agent.reload()).toMatchObject({ isApplied: true });
    expect([await answerAt(socket), await answerAt(socket, '/metrics')]).toEqual([404, 200]);
    expect(agent.urls).toEqual(both.slice(0, 1));
    await edit([`]\nmetrics: { listen: ["unix:${socket}"] }`, `, "unix:${socket}?app=report"]`]);
    expect(await agent.reload()).toMatchObject({ isApplied: true });
    expect([await answerAt(socket), await answerAt(socket, '/metrics')]).toEqual([200, 200]);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
