import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openControlSocket } from '@evertoken/service';
import { freshFolder } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openerOf, openInBrowser, writeLinkPage } from '../src/open-in-browser.ts';
import { run } from './run-command.ts';
import { aTerminal } from './scripted-terminal.ts';

const url = 'http://127.0.0.1:8400/status/open/SECRET-CODE';

/** A folder whose agent answers this when it is asked for a link. */
async function aFolder(answer: { status: number; body: unknown }): Promise<string> {
  const home = await freshFolder();
  const control = await openControlSocket(home, async ({ method, path }) => {
    return method === 'POST' && path === '/open' ? answer : { status: 404, body: {} };
  });
  onTestFinished(() => control.close());
  return home;
}

describe('evertoken open', () => {
  it('prints the link alone where nobody reads it at a terminal', async () => {
    const home = await aFolder({ status: 200, body: { urls: [url, 'https://localhost:8401/status/open/SECRET-CODE'] } });
    const { code, terminal } = await run(['open', '--home', home]);
    expect([code, terminal.printed.out]).toEqual([0, `${url}\n`]);
    expect(terminal.printed.err).toContain('works once');
  });

  it('prints all addresses as JSON', async () => {
    const home = await aFolder({ status: 200, body: { urls: [url] } });
    const { terminal } = await run(['open', '--home', home, '--json']);
    expect(JSON.parse(terminal.printed.out)).toEqual({ url, urls: [url] });
  });

  it('says what is to be done where no agent runs, and ends with 3', async () => {
    const { code, terminal } = await run(['open', '--home', await freshFolder()]);
    expect(code).toBe(3);
    expect(terminal.printed.err).toMatch(/No agent runs[\s\S]*evertoken start/);
  });

  it('tells why the agent gives no link', async () => {
    const home = await aFolder({
      status: 409,
      body: { error: 'The agent listens on no address that a browser can open', step: 'Add one.' },
    });
    const { code, terminal } = await run(['open', '--home', home]);
    expect(code).toBe(1);
    expect(terminal.printed.err).toMatch(/no address that a browser can open[\s\S]*Add one\./);
  });
});

describe('the browser of the desktop', () => {
  it('is there with a screen, and nowhere else', () => {
    expect(openerOf('darwin', {})).toEqual(['open']);
    expect(openerOf('linux', { DISPLAY: ':0' })).toEqual(['xdg-open']);
    expect(openerOf('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toEqual(['xdg-open']);
    expect(openerOf('linux', {})).toEqual([]);
  });

  it('is led to the link by a private file, for everybody reads command lines', async () => {
    const home = await freshFolder();
    const file = await writeLinkPage(url, home);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toContain(`content="0; url=${url}"`);
  });

  it('is not looked for where there is no screen, and no file is left', async () => {
    const home = await freshFolder();
    expect(await openInBrowser(url, home, aTerminal({ cwd: home }))).toBe(false);
    await expect(stat(join(home, 'open.html'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
