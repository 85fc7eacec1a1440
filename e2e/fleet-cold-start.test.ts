import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { hasRedis } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { chaosAsked } from './fleet/chaos-asked.ts';
import { startGround } from './fleet/fleet.ts';
import { type ReaderNews, spawnReader } from './fleet/library-node.ts';
import type { Read } from './fleet/node-record.ts';

const isMissing = !hasRedis();
if (isMissing) console.warn('SKIPPED: the cold start of a fleet: Redis is not installed here.');

const processes = chaosAsked === undefined ? 40 : 200;
/** Processes that start at a time. */
const atATime = 8;

describe.skipIf(isMissing)('many processes that all want the first token at once', () => {
  it('are all served by one request to the issuer', { timeout: 600_000 }, async () => {
    const { redis, issuer, settings, close } = await startGround(3_600);
    const children: ChildProcess[] = [];
    try {
      const readers: Reader[] = [];
      const startSome = async (): Promise<void> => {
        while (children.length < processes) {
          const child = spawnReader(settings, `redis://127.0.0.1:${redis.port}`);
          children.push(child);
          const one = new Reader(child);
          readers.push(one);
          await one.ready;
        }
      };
      await Promise.all(Array.from({ length: atATime }, startSome));
      const began = Date.now();
      for (const child of children) child.send('go');
      const reads = await Promise.all(readers.map(({ read }) => read));
      const issued = issuer.requests.filter(({ outcome }) => outcome === 'issued');
      const servedMs = Math.max(...reads.map(({ answeredAt }) => answeredAt)) - (issued[0]?.at ?? 0);
      const alone = readers.filter(({ isAlone }) => isAlone).length;
      console.log(
        `cold start of ${processes} processes: ${issuer.requests.length} requests, the first after ${(issued[0]?.at ?? 0) - began} ms, all served ${servedMs} ms later; ${alone} found the store too slow`,
      );
      expect(reads.filter((read) => 'code' in read)).toEqual([]);
      // Who is kept waiting by a busy machine for a quarter of a second takes the store for down.
      expect(issuer.requests.length).toBeLessThanOrEqual(1 + alone);
      expect(new Set(reads.map((read) => 'fingerprint' in read && read.fingerprint)).size).toBeLessThanOrEqual(1 + alone);
    } finally {
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(
        children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null).map((child) => once(child, 'exit')),
      );
      await close();
    }
  });
});

/** A process that reads once. */
class Reader {
  readonly ready: Promise<void>;
  readonly read: Promise<Read>;
  isAlone = false;

  constructor(child: ChildProcess) {
    let isReady: () => void = () => undefined;
    let hasRead: (read: Read) => void = () => undefined;
    this.ready = new Promise((resolve) => {
      isReady = resolve;
    });
    this.read = new Promise((resolve) => {
      hasRead = resolve;
    });
    child.on('message', (news: ReaderNews) => {
      if (news.isReady) isReady();
      if (news.events.some(({ event }) => event === 'storeDegraded')) this.isAlone = true;
      if (news.reads[0] !== undefined) hasRead(news.reads[0]);
    });
  }
}
