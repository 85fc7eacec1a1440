import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { plainEnvironment } from '@evertoken/testkit';
import { freePort, temporaryFolder, workspace } from '../evertoken.ts';
import type { DocumentedIssuer } from './documented-issuer.ts';
import type { Page } from './markdown-block.ts';

/** A folder in which a page is played: what the page names is there, under names of this machine. */
export interface PageStage {
  readonly folder: string;
  /** Variables of the terminal. */
  readonly env: Readonly<Record<string, string>>;
  /** `text` with what it names put in place. */
  staged(text: string): string;
  /** Writes a file by the name that the page has for it. */
  write(name: string, content: string): Promise<void>;
  remove(): Promise<void>;
}

/**
 * Makes one for `page`: with the packages, the secrets that pages name, free ports, and `issuer` wherever the page names an issuer. `besides` are further
 * names, and what is put in their place.
 */
export async function stagePage(page: Page, issuer: DocumentedIssuer, besides: Readonly<Record<string, string>> = {}): Promise<PageStage> {
  const { path: folder, remove } = await temporaryFolder();
  const machine = join(folder, 'machine');
  const roots = ['/run/secrets', '/run/evertoken', '/etc/evertoken', '/var/lib/evertoken', '/var/log/evertoken'];
  for (const root of roots) await mkdir(join(machine, root), { recursive: true, mode: 0o700 });
  await symlink(join(workspace, 'node_modules'), join(folder, 'node_modules'));
  await symlink(join(workspace, 'examples'), join(folder, 'examples'));
  const [tenant, http, https, controls] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const ports = `--tenant-port ${tenant} --agent-port ${http} --agent-tls-port ${https}`;
  const start = `node '${join(workspace, 'scripts/start.mjs')}'`;
  const names: readonly (readonly [string, string])[] = [
    ...Object.entries(besides),
    ['npm start --', `${start} ${ports}`],
    ['npm start', `${start} ${ports}`],
    // The command that npx would start; that npx finds it is shown where the packages are installed.
    ['npx evertoken', 'evertoken'],
    ['evertoken dev', `evertoken dev ${ports}`],
    ['evertoken tenant start', `evertoken tenant start --listen https://localhost:${tenant}`],
    ['--controls 8444', `--controls ${controls}`],
    ['localhost:8443', `localhost:${tenant}`],
    ['127.0.0.1:8400', `127.0.0.1:${http}`],
    ['localhost:8401', `localhost:${https}`],
    ['acme.eu.auth0.com', issuer.domain],
    ['https://login.example.com/realms/prod', `https://${issuer.domain}/`],
    ['https://login.example.com', `https://${issuer.domain}`],
    ['YOUR_CLIENT_ID', issuer.management.clientId],
    ['YOUR_CLIENT_SECRET', issuer.management.clientSecret],
    ['orders-worker', issuer.orders.clientId],
    ...roots.map((root) => [root, join(machine, root)] as const),
  ];
  const staged = (text: string): string => names.reduce((done, [from, to]) => done.replaceAll(from, to), text);
  const write = async (name: string, content: string): Promise<void> => {
    const path = resolve(folder, staged(name));
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, content, { mode: 0o600 });
  };
  await write('/run/secrets/auth0-client-secret', `${issuer.management.clientSecret}\n`);
  await write('/run/secrets/orders-client-secret', `${issuer.orders.clientSecret}\n`);
  // Where no config says where the agent listens, it is at ports of everybody.
  const isSaid = page.blocks.some(({ code }) => /^listen:/m.test(code));
  const listen = isSaid
    ? {}
    : { EVERTOKEN_LISTEN: `[unix:${folder}/.evertoken/agent.sock, http://127.0.0.1:${http}, https://localhost:${https}]` };
  const path = `${join(workspace, 'node_modules/.bin')}:${plainEnvironment()['PATH']}`;
  return {
    folder,
    env: { PATH: path, NODE_EXTRA_CA_CERTS: issuer.tenant.caPath, CURL_CA_BUNDLE: issuer.tenant.caPath, ...listen },
    staged,
    write,
    remove,
  };
}
