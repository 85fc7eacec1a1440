import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { Connections } from './connections.ts';
import { DescriptorShares } from './descriptor-shares.ts';

it('the listeners of a process together keep a quarter of its descriptors, and each a few whatever happens', () => {
  const shares = new DescriptorShares(1_024);
  expect(shares.connections).toBe(256);
  const leave = [1, 2, 3, 4].map(() => shares.join());
  expect(shares.connections).toBe(64);
  leave[0]?.();
  leave[1]?.();
  leave[1]?.();
  expect(shares.connections).toBe(128);
  for (let more = 0; more < 100; more += 1) shares.join();
  expect(shares.connections).toBe(8);
});

it('where the system does not tell how many there are, nothing is divided', () => {
  const shares = new DescriptorShares(Number.POSITIVE_INFINITY);
  shares.join();
  expect(shares.connections).toBe(Number.POSITIVE_INFINITY);
});

it('a listener whose part has become smaller lets go of what has stood there for longest when the next connection comes', () => {
  let limit = 3;
  const connections = new Connections(() => limit);
  const sockets = [new Socket(), new Socket(), new Socket(), new Socket()];
  for (const socket of sockets.slice(0, 3)) connections.enter(socket, 0);
  limit = 2;
  expect(connections.enter(sockets[3]!, 0)).toBe(true);
  expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, true, false, false]);
});
