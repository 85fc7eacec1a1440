import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type PrivateRedis, startPrivateRedis } from '@evertoken/testkit';
import { temporaryFolder } from '../evertoken.ts';
import { AgentNode } from './agent-node.ts';
import type { FleetNode, FleetSettings, GroundSettings } from './fleet-node.ts';
import { audience, type Issuer, startIssuer } from './issuer.ts';
import { LibraryNode } from './library-node.ts';
import { type ProtectedApi, startProtectedApi } from './protected-api.ts';
import { openRedisWire, type RedisWire } from './redis-wire.ts';

/** How large a fleet is, and how fast everything goes. */
export interface FleetSize {
  readonly agents: number;
  readonly libraries: number;
  readonly lifetimeSeconds: number;
  readonly readEveryMs: number;
  readonly callEveryMs: number;
}

/** Real processes that share one token through one Redis, with the issuer and an API that takes the token. */
export interface Fleet {
  readonly nodes: readonly FleetNode[];
  readonly issuer: Issuer;
  readonly api: ProtectedApi;
  readonly redis: PrivateRedis;
  /** Changes the secret with both known to the nodes before the issuer takes the new one alone. */
  rotateSecret(): Promise<void>;
  /** The node that has the lease to mint, if one has it. */
  holder(): Promise<FleetNode | undefined>;
  /** Ends when every node that runs has read a token that it asked for after this moment. */
  allServed(): Promise<void>;
  close(): Promise<void>;
}

/** Reading goes on for so long at the most before a fleet counts as broken, ms. */
const PATIENCE_MS = 120_000;

/** Starts Redis, issuer, API and the settings that nodes need. */
export async function startGround(lifetimeSeconds: number): Promise<{
  readonly redis: PrivateRedis;
  readonly issuer: Issuer;
  readonly api: ProtectedApi;
  readonly settings: GroundSettings;
  close(): Promise<void>;
}> {
  const undo: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const folder = await temporaryFolder();
    undo.push(folder.remove);
    const redis = await startPrivateRedis();
    undo.push(async () => {
      redis.signal('SIGCONT');
      await redis.stop();
    });
    const secret = newSecret();
    const issuer = await startIssuer(secret, lifetimeSeconds);
    undo.push(issuer.close);
    const api = await startProtectedApi(issuer);
    undo.push(api.close);
    const secretFiles = ['one', 'two'].map((name) => join(folder.path, `${name}.secret`));
    for (const file of secretFiles) await writeFile(file, secret, { mode: 0o600 });
    const sealingKey = randomBytes(32).toString('base64');
    await writeFile(join(folder.path, 'sealing.key'), sealingKey, { mode: 0o600 });
    const { tokenEndpoint, clientId } = issuer;
    const settings = { folder: folder.path, sealingKey, tokenEndpoint, clientId, audience, secretFiles, apiOrigin: api.origin };
    return { redis, issuer, api, settings, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Starts the fleet; every node reads already when this ends. */
export async function startFleet(size: FleetSize): Promise<Fleet> {
  const ground = await startGround(size.lifetimeSeconds);
  const { redis, issuer, api } = ground;
  const nodes: FleetNode[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.close()));
    await ground.close();
  };
  const settings: FleetSettings = { ...ground.settings, readEveryMs: size.readEveryMs, callEveryMs: size.callEveryMs };
  const add = async (kind: new (name: string, wire: RedisWire, of: FleetSettings) => FleetNode, name: string): Promise<void> => {
    nodes.push(new kind(name, await openRedisWire(redis.port), settings));
  };
  const fleet: Fleet = {
    nodes,
    issuer,
    api,
    redis,
    rotateSecret: async () => {
      const secret = newSecret();
      // The place that is free now: that of the secret before the last.
      const [first = '', second = ''] = settings.secretFiles;
      await writeFile(rotations % 2 === 0 ? second : first, secret, { mode: 0o600 });
      rotations += 1;
      await issuer.changeSecret(secret);
    },
    holder: async () => {
      const leases = (await redis.command('KEYS', '*:lease')).split('\n').filter((key) => key !== '');
      const owner = leases[0] === undefined ? '' : await redis.command('GET', leases[0]);
      return owner === '' ? undefined : nodes.find(({ wire, isRunning }) => isRunning && wire.hasAskedAs(owner));
    },
    allServed: () => allServed(nodes),
    close,
  };
  let rotations = 0;
  try {
    for (let index = 1; index <= size.libraries; index += 1) await add(LibraryNode, `library-${index}`);
    for (let index = 1; index <= size.agents; index += 1) await add(AgentNode, `agent-${index}`);
    for (const node of nodes) await node.start();
    await fleet.allServed();
    return fleet;
  } catch (error) {
    await close();
    throw error;
  }
}

async function allServed(nodes: readonly FleetNode[]): Promise<void> {
  const since = Date.now();
  const isWaiting = ({ isRunning, record }: FleetNode): boolean => isRunning && record.servedAt <= since;
  while (nodes.some(isWaiting)) {
    const names = nodes.filter(isWaiting).map(({ name, record }) => `${name} (${record.empty.at(-1)?.code ?? 'no answer'})`);
    if (Date.now() - since > PATIENCE_MS) throw new Error(`No token is read any more by ${names.join(', ')}.`);
    await pause(50);
  }
}

function newSecret(): string {
  return randomBytes(36).toString('base64url');
}
