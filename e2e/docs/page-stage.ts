import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { plainEnvironment } from '@evertoken/testkit';
import { freePort, temporaryFolder, workspace } from '../evertoken.ts';
import type { DocumentedIssuer } from './documented-issuer.ts';
import { linkPackages, packagesIn } from './linked-packages.ts';
import type { Page } from './markdown-block.ts';

/**
 * A folder in which a page is played. There is what a reader has who begins with it: the secret of the issuer in /run/secrets, the command, and no package and
 * no folder that the page does not make. What it names has names of this machine.
 */
export interface PageStage {
  readonly folder: string;
  /** Variables of the terminal. */
  readonly env: Readonly<Record<string, string>>;
  /** `text` with what it names put in place. */
  staged(text: string): string;
  /** Does what `npm install` does with the packages that are named in `code`: from now on programs of the page find these, and npx their commands. */
  install(code: string): Promise<void>;
  /** Writes a file by the name that the page has for it. */
  write(name: string, content: string): Promise<void>;
  remove(): Promise<void>;
}

/**
 * Makes one for `page`: with the secrets that pages name, free ports, and `issuer` wherever the page names an issuer. `besides` are further names, and what is
 * put in their place.
 */
export async function stagePage(page: Page, issuer: DocumentedIssuer, besides: Readonly<Record<string, string>> = {}): Promise<PageStage> {
  const { path: folder, remove } = await temporaryFolder();
  const machine = join(folder, 'machine');
  const roots = ['/run/secrets', '/run/evertoken', '/etc/evertoken', '/var/lib/evertoken', '/var/log/evertoken'];
  // What `npm start` is typed into is a clone of the repository, in which it has installed all that there is.
  const isClone = page.blocks.some(({ code }) => code.startsWith('npm start'));
  if (isClone) await symlink(join(workspace, 'node_modules'), join(folder, 'node_modules'));
  else await linkPackages(folder, page.thereAlready);
  await cp(join(workspace, 'examples'), join(folder, 'examples'), { recursive: true, filter: (path) => basename(path) !== 'node_modules' });
  const programs = join(machine, 'bin');
  await mkdir(programs, { recursive: true });
  await symlink(join(workspace, 'packages/cli/dist/evertoken.cjs'), join(programs, 'evertoken'));
  // Whatever a page does as root is below a folder of this user here.
  await writeFile(join(programs, 'sudo'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
  const [tenant, http, https, controls] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const ports = `--tenant-port ${tenant} --agent-port ${http} --agent-tls-port ${https}`;
  const start = `node '${join(workspace, 'scripts/start.mjs')}'`;
  const names: readonly (readonly [string, string])[] = [
    ...Object.entries(besides),
    ['npm start --', `${start} ${ports}`],
    ['npm start', `${start} ${ports}`],
    ...(hasOwnCommand(page) ? [] : [npxOfTheRegistry]),
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
  const path = `${programs}:${plainEnvironment()['PATH']}`;
  return {
    folder,
    env: {
      PATH: path,
      NODE_EXTRA_CA_CERTS: issuer.tenant.caPath,
      CURL_CA_BUNDLE: issuer.tenant.caPath,
      ...listen,
    },
    staged,
    install: (code) => linkPackages(folder, packagesIn(code)),
    write,
    remove,
  };
}

/** Where a page has not installed the command, npx fetches it from the registry; in its place is the command that it would start. */
const npxOfTheRegistry = ['npx evertoken', 'evertoken'] as const;

function hasOwnCommand({ blocks }: Page): boolean {
  return blocks.some(({ use, code }) => use?.kind === 'installs' && packagesIn(code).includes('evertoken'));
}
