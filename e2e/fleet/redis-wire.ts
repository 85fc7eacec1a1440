import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** One node's way to Redis: what happens to it is no other node's trouble. */
export interface RedisWire {
  readonly url: string;
  /** Delay of each direction, ms. */
  delayMs: number;
  /** Cuts what is connected and lets nothing new come about; `silent` loses all bytes instead, as a network that drops packets does. */
  part(how: 'cut' | 'silent'): void;
  mend(): void;
  /** Whether the lease that `owner` has was asked for through this wire. */
  hasAskedAs(owner: string): boolean;
  close(): Promise<void>;
}

/** Name of a lease's owner, as it stands in a command after the name of the lease. */
const leaseOwner = /:lease\r\n\$36\r\n([0-9a-f-]{36})\r\n/g;
/** Owners that are remembered. */
const mostOwners = 50;

/** Opens a wire to the Redis on `port` of this machine. */
export async function openRedisWire(port: number): Promise<RedisWire> {
  let state: 'open' | 'cut' | 'silent' = 'open';
  const owners: string[] = [];
  const pairs = new Set<Pair>();
  const wire = { delayMs: 0 };

  const server = createServer((near) => {
    if (state === 'cut') {
      near.destroy();
      return;
    }
    const pair: Pair = { near, far: connect(port, '127.0.0.1'), hasLost: false };
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      near.destroy();
      pair.far.destroy();
    };
    const carry = (from: Socket, to: Socket): void => {
      let freeAt = 0;
      from.on('data', (bytes: Buffer) => {
        if (state === 'silent') {
          pair.hasLost = true;
          return;
        }
        if (from === near && bytes.includes(':lease')) {
          for (const [, owner = ''] of bytes.toString('latin1').matchAll(leaseOwner)) owners.push(owner);
          owners.splice(0, owners.length - mostOwners);
        }
        const now = performance.now();
        freeAt = Math.max(freeAt, now + wire.delayMs);
        // In their order, also where the delay has just become shorter.
        if (freeAt > now) setTimeout(() => to.writable && to.write(bytes), freeAt - now);
        else to.write(bytes);
      });
      from.on('error', end).on('close', end);
    };
    carry(near, pair.far);
    carry(pair.far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (which: (pair: Pair) => boolean): void => {
    for (const pair of [...pairs].filter(which)) {
      pair.near.destroy();
      pair.far.destroy();
    }
  };
  return Object.assign(wire, {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    part: (how: 'cut' | 'silent') => {
      state = how;
      if (how === 'cut') cut(() => true);
    },
    mend: () => {
      state = 'open';
      // What is left of them is out of step.
      cut(({ hasLost }) => hasLost);
    },
    hasAskedAs: (owner: string) => owners.includes(owner),
    close: () => {
      cut(() => true);
      return new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  });
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  hasLost: boolean;
}
