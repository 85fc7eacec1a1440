import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProcess, type SpawnedProcess, spawnProcess } from './spawned-process.ts';

const host = '127.0.0.1';

/** A Redis of a test's own, on a free port of 127.0.0.1, that keeps nothing on disk. */
export interface PrivateRedis {
  readonly port: number;
  /** Process group of the server, to be stopped and continued. */
  signal(name: NodeJS.Signals): void;
  /** Runs a command as `redis-cli` does; answers what it prints. */
  command(...words: readonly string[]): Promise<string>;
  /** Ends it at once. What it had is lost. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Certificate and key of a TLS server, and the CA that vouches for it, as PEM. */
export interface RedisCertificate {
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
}

/** Whether the programs of Redis are there. */
export function hasRedis(): boolean {
  return ['redis-server', 'redis-cli'].every((program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0);
}

/** Starts a Redis with further lines of `redis.conf`; with `tls` it takes nothing else on its port. It never outlives the tests. */
export async function startPrivateRedis(options: { config?: readonly string[]; tls?: RedisCertificate } = {}): Promise<PrivateRedis> {
  const { tls } = options;
  const folder = await mkdtemp(join(tmpdir(), 'evertoken-redis-'));
  const port = await freePort();
  const files = { certificate: join(folder, 'server.pem'), key: join(folder, 'server.key'), ca: join(folder, 'ca.pem') };
  if (tls !== undefined) for (const name of ['certificate', 'key', 'ca'] as const) await writeFile(files[name], tls[name], { mode: 0o600 });
  const listening =
    tls === undefined
      ? [`port ${port}`]
      : [
          'port 0',
          `tls-port ${port}`,
          `tls-cert-file ${files.certificate}`,
          `tls-key-file ${files.key}`,
          `tls-ca-cert-file ${files.ca}`,
          'tls-auth-clients no',
        ];
  const lines = [
    ...listening,
    `bind ${host}`,
    `dir ${folder}`,
    'save ""',
    'appendonly no',
    'enable-debug-command yes',
    ...(options.config ?? []),
  ];
  const configFile = join(folder, 'redis.conf');
  await writeFile(configFile, `${lines.join('\n')}\n`, { mode: 0o600 });
  const server = new Server(['redis-server', configFile], folder, /Ready to accept connections|Sentinel ID is/);
  const flags = tls === undefined ? [] : ['--tls', '--cacert', files.ca];
  await server.start();
  return {
    port,
    signal: (name) => server.signal(name),
    command: (...words) => redisCli(port, [...flags, ...words]),
    kill: () => server.kill(),
    start: () => server.start(),
    stop: () => server.stop(),
  };
}

/** Starts a Sentinel that watches `redis` under the name `tokens`. */
export async function startSentinel(redis: PrivateRedis): Promise<PrivateRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'evertoken-sentinel-'));
  const port = await freePort();
  const configFile = join(folder, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    `bind ${host}`,
    `dir ${folder}`,
    `sentinel monitor tokens ${host} ${redis.port} 1`,
    'sentinel down-after-milliseconds tokens 300',
    'sentinel failover-timeout tokens 3000',
  ];
  await writeFile(configFile, `${lines.join('\n')}\n`, { mode: 0o600 });
  const server = new Server(['redis-server', configFile, '--sentinel'], folder, /\+monitor master tokens/);
  await server.start();
  return {
    port,
    signal: (name) => server.signal(name),
    command: (...words) => redisCli(port, words),
    kill: () => server.kill(),
    start: () => server.start(),
    stop: () => server.stop(),
  };
}

/** Starts a Redis Cluster of three nodes, each with a third of the slots. */
export async function startRedisCluster(): Promise<{ nodes: readonly PrivateRedis[]; stop: () => Promise<void> }> {
  const nodes: PrivateRedis[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    for (let node = 0; node < 3; node += 1) {
      nodes.push(
        await startPrivateRedis({ config: ['cluster-enabled yes', 'cluster-node-timeout 2000', 'cluster-require-full-coverage no'] }),
      );
    }
    const [first] = nodes as [PrivateRedis];
    const made = await redisCli(
      first.port,
      ['--cluster', 'create', ...nodes.map(({ port }) => `${host}:${port}`), '--cluster-yes'],
      60_000,
    );
    if (!made.includes('All 16384 slots covered')) throw new Error(`The cluster was not made: ${made}`);
    const giveUpAt = performance.now() + 60_000;
    for (const node of nodes) {
      while (!(await node.command('CLUSTER', 'INFO')).includes('cluster_state:ok')) {
        if (performance.now() > giveUpAt) throw new Error('The nodes of the cluster do not agree on its state.');
      }
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes, stop };
}

/** One server process in a folder of its own. */
class Server {
  readonly #command: readonly string[];
  readonly #folder: string;
  readonly #ready: RegExp;
  #process: SpawnedProcess | undefined;

  constructor(command: readonly string[], folder: string, ready: RegExp) {
    this.#command = command;
    this.#folder = folder;
    this.#ready = ready;
  }

  async start(): Promise<void> {
    const [program = '', ...args] = [...dyingWithUs(), ...this.#command];
    this.#process = spawnProcess(program, args, { cwd: this.#folder, env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' } });
    await this.#process.waitFor(this.#ready, 60_000);
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.signal(name);
  }

  async kill(): Promise<void> {
    await this.#process?.stop();
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function redisCli(port: number, words: readonly string[], deadlineMs = 20_000): Promise<string> {
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' };
  const { code, stdout, stderr } = await runProcess('redis-cli', ['-h', host, '-p', String(port), ...words], { env, deadlineMs });
  if (code !== 0) throw new Error(`redis-cli ended with ${code}: ${stderr}${stdout}`);
  return stdout.trim();
}

/** A test process that is killed can end nothing: then the kernel ends the server, where the program that asks it to is there. */
function dyingWithUs(): string[] {
  const setpriv = '/usr/bin/setpriv';
  return existsSync(setpriv) ? [setpriv, '--pdeathsig', 'KILL'] : [];
}

/** A port that was free a moment ago; the one 10 000 above it is for the bus of a cluster. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = await new Promise<number>((resolve, reject) => {
      const server = createServer().on('error', reject);
      server.listen(0, host, () => {
        const address = server.address();
        server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
      });
    });
    if (port <= 55_000) return port;
  }
}
