import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { plainEnvironment } from '@evertoken/testkit';
import type { FleetNode, FleetSettings, GroundSettings } from './fleet-node.ts';
import { NodeRecord, type Read } from './node-record.ts';
import type { RedisWire } from './redis-wire.ts';

const program = fileURLToPath(new URL('../programs/fleet-reader.mjs', import.meta.url));

/** What the program tells. */
export interface ReaderNews {
  readonly isReady?: boolean;
  readonly events: readonly { event: string; at: number; expiresAt?: number; code?: string; message?: string }[];
  readonly reads: readonly Read[];
  readonly calls: readonly { askedAt: number; at: number; status: number }[];
}

/** Starts the program; without `readEveryMs` it reads once, when it is told to. */
export function spawnReader(settings: GroundSettings & Partial<FleetSettings>, redisUrl: string): ChildProcess {
  const child = fork(program, [], { env: plainEnvironment(), execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const { tokenEndpoint, clientId, audience, apiOrigin, ...rest } = settings;
  child.on('error', () => undefined);
  child.send({ ...rest, redisUrl, request: { tokenEndpoint, clientId, audience }, apiUrl: `${apiOrigin}/things` });
  return child;
}

/** A process with the library. */
export class LibraryNode implements FleetNode {
  readonly name: string;
  readonly record: NodeRecord;
  readonly wire: RedisWire;
  readonly #settings: FleetSettings;
  #child: ChildProcess | undefined;

  constructor(name: string, wire: RedisWire, settings: FleetSettings) {
    this.name = name;
    this.wire = wire;
    this.record = new NodeRecord(name, settings.audience);
    this.#settings = settings;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  start(): Promise<void> {
    const child = spawnReader(this.#settings, this.wire.url);
    this.#child = child;
    child.on('message', (news: ReaderNews) => this.#hear(news));
    return Promise.resolve();
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    this.record.gone(Date.now());
  }

  freeze(): void {
    this.record.freeze(Date.now());
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
    this.record.thaw(Date.now());
  }

  async close(): Promise<void> {
    await this.kill();
    await this.wire.close();
  }

  #hear({ events, reads, calls }: ReaderNews): void {
    const { record } = this;
    for (const { event, at, expiresAt } of events) {
      if (expiresAt !== undefined) record.holds(at, expiresAt);
      if (event === 'minted') record.minted += 1;
      else if (event === 'adopted') record.adopted += 1;
      else if (event === 'failed') record.failedMints += 1;
      else if (event === 'rejected') record.rejected += 1;
      else if (event === 'secretRotated') record.secretsChanged += 1;
      else if (event === 'storeDegraded') record.degrade(at);
      else if (event === 'storeRecovered') record.recover(at);
    }
    for (const read of reads) record.read(read);
    for (const { askedAt, at, status } of calls) record.call(askedAt, at, status);
  }
}
