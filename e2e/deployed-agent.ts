import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort, workspace } from './evertoken.ts';
import type { RunningTenant } from './running-tenant.ts';

/** A machine below a folder of the tests: texts of deploy/ are read as if its paths, its ports and its issuer were those that they name. */
export interface StagedMachine {
  /** `text` with all that it names put in place. */
  staged(text: string): string;
  /** Path of a file or folder that is `path` for what is deployed. */
  path(path: string): string;
  /** Writes a file that is at `path` for what is deployed. */
  write(path: string, content: string): Promise<void>;
}

/** Makes the folders that systemd or volumes would bring, with the client secret of `tenant` at `secretPath`. */
export async function stageMachine(folder: string, tenant: RunningTenant, secretPath: string): Promise<StagedMachine> {
  const roots = [
    '/etc/evertoken',
    '/var/lib/evertoken',
    '/var/log/evertoken',
    '/run/evertoken',
    '/run/secrets',
    '/run/credentials',
    '/opt/evertoken',
  ];
  const path = (original: string): string => join(folder, original);
  const command = join(workspace, 'packages/cli/dist/evertoken.cjs');
  const names: readonly (readonly [string, string])[] = [
    ['/app/node_modules/evertoken/dist/evertoken.cjs', command],
    ['/app/probe.mjs', join(workspace, 'deploy/docker/probe.mjs')],
    ['/nodejs/bin/node', process.execPath],
    ...roots.map((root) => [root, path(root)] as const),
    ['127.0.0.1:8400', `127.0.0.1:${await freePort()}`],
    ['acme.eu.auth0.com', tenant.tenant.domain],
    ['YOUR_CLIENT_ID', tenant.tenant.application.clientId],
    ['group=evertoken', `group=${process.getgid?.()}`],
  ];
  const write = async (original: string, content: string): Promise<void> => {
    await mkdir(join(path(original), '..'), { recursive: true });
    await writeFile(path(original), content);
  };
  for (const root of roots) await mkdir(path(root), { recursive: true, mode: 0o755 });
  await mkdir(path('/opt/evertoken/bin'));
  await symlink(command, path('/opt/evertoken/bin/evertoken'));
  await write(secretPath, `${tenant.tenant.application.clientSecret}\n`);
  return { staged: (text) => names.reduce((staged, [from, to]) => staged.replaceAll(from, to), text), path, write };
}

/** Asks over a unix socket as a program does that holds no key; status and body. */
export async function askSocket(socketPath: string, path: string): Promise<{ status: number; body: string }> {
  const answer = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    request({ socketPath, path, host: 'localhost' }, resolve).on('error', reject).end();
  });
  return { status: answer.statusCode ?? 0, body: await text(answer) };
}
