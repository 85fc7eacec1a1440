import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProcess, type SpawnedProcess, spawnProcess } from './spawned-process.ts';

const debianFolder = '/usr/lib/postgresql';
const superuser = 'postgres';

/** A PostgreSQL of a test's own, on a unix socket in a folder of its own. */
export interface PrivatePostgres {
  /** Makes a database, empty or a copy of one that nobody is connected to; answers its URL. */
  newDatabase(original?: string): Promise<string>;
  /** Cuts the server off, at once and without its knowing; what it has acknowledged stays. */
  kill(): Promise<void>;
  /** Starts it again. */
  start(): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

/** Folder of the server's programs; undefined where they are not installed. */
function programFolder(): string | undefined {
  const versions = existsSync(debianFolder) ? readdirSync(debianFolder).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(debianFolder, version, 'bin')), '/usr/local/bin', '/usr/bin'];
  return folders.find((folder) => ['initdb', 'postgres', 'psql'].every((program) => existsSync(join(folder, program))));
}

/** Whether the programs of PostgreSQL are there. */
export function hasPostgres(): boolean {
  return programFolder() !== undefined;
}

/** Starts a PostgreSQL in a fresh temporary folder. It takes connections from this machine alone, through its socket, and never outlives the tests. */
export async function startPrivatePostgres(): Promise<PrivatePostgres> {
  const programs = programFolder();
  if (programs === undefined) throw new Error('PostgreSQL is not installed here: apt-get install postgresql');
  const folder = await mkdtemp(join(tmpdir(), 'evertoken-postgres-'));
  const user = unprivilegedUser();
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  const options = { cwd: folder, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }, ...(user !== undefined && { user }) };
  const data = join(folder, 'data');
  const run = async (program: string, args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await runProcess(join(programs, program), args, { ...options, deadlineMs: 60_000 });
    if (code !== 0) throw new Error(`${program} ended with ${code}: ${stderr}${stdout}`);
    return stdout;
  };
  const psql = (statement: string): Promise<string> =>
    run('psql', ['-h', folder, '-U', superuser, '-d', superuser, '-XqAt', '-c', statement]);

  let server: SpawnedProcess | undefined;
  const start = async (): Promise<void> => {
    const [command = '', ...args] = [...dyingWithUs(), join(programs, 'postgres'), '-D', data, '-k', folder, '-c', 'listen_addresses='];
    server = spawnProcess(command, args, options);
    await server.waitFor(/database system is ready to accept connections/, 60_000);
  };
  const stop = async (): Promise<void> => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  };

  try {
    await run('initdb', ['-D', data, '-U', superuser, '--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync']);
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  let databases = 0;
  return {
    async newDatabase(original) {
      databases += 1;
      const name = `test_${databases}`;
      await psql(`create database ${name} template ${original === undefined ? 'template1' : new URL(original).pathname.slice(1)}`);
      return `postgresql://${superuser}@localhost/${name}?host=${encodeURIComponent(folder)}`;
    },
    async kill() {
      await server?.stop();
    },
    start,
    stop,
  };
}

/** A test process that is killed can end nothing: then the kernel tells the server, where the program that asks it to is there. */
function dyingWithUs(): string[] {
  const setpriv = '/usr/bin/setpriv';
  return existsSync(setpriv) ? [setpriv, '--pdeathsig', 'QUIT'] : [];
}

/** PostgreSQL refuses to run as root: then it runs as whom Debian made for it, or as nobody. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string, name: string): number =>
    Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout.trim() || Number.NaN);
  const found = ['postgres', 'nobody'].map((name) => ({ uid: idOf('-u', name), gid: idOf('-g', name) }));
  return found.find(({ uid, gid }) => Number.isInteger(uid) && Number.isInteger(gid));
}
