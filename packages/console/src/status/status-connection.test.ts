import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StatusUpdate } from '@evertoken/agent/contract';
import { ManualClock } from '@evertoken/testkit';
import { signal } from '@preact/signals';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectToAgent } from './status-connection.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A page before an agent that answers as it is told to. */
async function start(first: Answer) {
  let answer = first;
  const lastIds: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    lastIds.push(request.headers['last-event-id'] as string | undefined);
    open.count += 1;
    response.once('close', () => {
      open.count -= 1;
    });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const isOver = new AbortController();
  onTestFinished(async () => {
    isOver.abort();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/status/`;
  const clock = new ManualClock();
  const updates: StatusUpdate[] = [];
  const isSeen = signal(true);
  const open = { count: 0 };
  const connection = connectToAgent((update) => updates.push(update), {
    clock,
    isSeen,
    // A page asks below its own path; a test has none.
    fetch: (path, options) => (isOver.signal.aborted ? Promise.reject(isOver.signal.reason) : fetch(new URL(String(path), url), options)),
  });
  return {
    connection,
    clock,
    updates,
    lastIds,
    isSeen,
    /** How many requests are under way. */
    open,
    from: (next: Answer) => {
      answer = next;
    },
  };
}

const sends =
  (id: string): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`event: status\nid: ${id}\ndata: {"id":"${id}"}\n\n`);
  };
const refuses: Answer = (_request, response) => {
  response.writeHead(401, { 'content-type': 'application/problem+json' }).end('{"code":"session_missing","command":"npx evertoken open"}');
};

describe('the way to the agent', () => {
  it('is live when something came', async () => {
    const { connection, updates } = await start(sends('a-1'));
    expect(connection.hearing.value).toEqual({ kind: 'connecting' });
    await expect.poll(() => connection.hearing.value).toEqual({ kind: 'live' });
    expect(updates).toEqual([{ id: 'a-1' }]);
  });

  it('is away when nothing comes for eleven seconds, and goes on from where it was', async () => {
    const { connection, clock, lastIds, from } = await start(sends('a-1'));
    await expect.poll(() => connection.hearing.value).toEqual({ kind: 'live' });
    from(sends('a-2'));
    clock.advance(10_999);
    expect(connection.hearing.value).toEqual({ kind: 'live' });
    clock.advance(1);
    await expect.poll(() => connection.hearing.value).toEqual({ kind: 'away', reason: 'The agent does not answer.' });
    clock.advance(500);
    await expect.poll(() => connection.hearing.value).toEqual({ kind: 'live' });
    expect(lastIds).toEqual([undefined, 'a-1']);
  });

  it('names what to type where the session is not known, and comes back when it is', async () => {
    const { connection, clock, from } = await start(refuses);
    await expect.poll(() => connection.hearing.value).toEqual({ kind: 'refused', command: 'npx evertoken open' });
    from(sends('b-1'));
    clock.advance(10_000);
    await expect.poll(() => connection.hearing.value).toEqual({ kind: 'live' });
  });

  it('leaves an agent that does not answer more and more time', async () => {
    const { clock, lastIds } = await start((request) => request.socket.destroy());
    await expect.poll(() => lastIds).toHaveLength(1);
    for (const [pauseMs, asked] of [
      [500, 2],
      [1_000, 3],
      [2_000, 4],
    ] as const) {
      await expect.poll(() => clock.untilNextTimer).toBe(pauseMs);
      clock.advance(pauseMs - 1);
      expect(lastIds).toHaveLength(asked - 1);
      clock.advance(1);
      await expect.poll(() => lastIds).toHaveLength(asked);
    }
  });

  it('tells why an agent that answers tells nothing', async () => {
    const { connection } = await start((_request, response) => {
      response
        .writeHead(503, { 'content-type': 'application/problem+json' })
        .end('{"code":"too_many_pages","detail":"Too many pages are open. Close one."}');
    });
    await expect.poll(() => connection.hearing.value).toEqual({ kind: 'away', reason: 'Too many pages are open. Close one.' });
  });

  it('is let go while nobody sees the page, but for a glance each half minute, and is there again at once when somebody does', async () => {
    const { connection, clock, updates, lastIds, isSeen, open, from } = await start(sends('a-1'));
    await expect.poll(() => connection.hearing.value).toEqual({ kind: 'live' });
    isSeen.value = false;
    await expect.poll(() => open.count).toBe(0);
    await expect.poll(() => clock.untilNextTimer).toBe(30_000);
    expect(connection.hearing.value).toEqual({ kind: 'live' });

    from(sends('a-2'));
    clock.advance(30_000);
    await expect.poll(() => updates.length).toBe(2);
    await expect.poll(() => open.count).toBe(0);
    await expect.poll(() => clock.untilNextTimer).toBe(30_000);

    from(sends('a-3'));
    const told: string[] = [];
    connection.hearing.subscribe(({ kind }) => void told.push(kind));
    isSeen.value = true;
    await expect.poll(() => told).toEqual(['live', 'connecting', 'live']);
    expect([lastIds, open.count]).toEqual([[undefined, 'a-1', 'a-2'], 1]);
  });

  it('is there for good when somebody looks while it only glances', async () => {
    const { connection, clock, updates, isSeen, open, from } = await start(sends('a-1'));
    await expect.poll(() => connection.hearing.value).toEqual({ kind: 'live' });
    isSeen.value = false;
    await expect.poll(() => open.count).toBe(0);
    await expect.poll(() => clock.untilNextTimer).toBe(30_000);
    let answer = (): void => undefined;
    from((...call) => {
      answer = () => sends('a-2')(...call);
    });
    clock.advance(30_000);
    await expect.poll(() => open.count).toBe(1);

    isSeen.value = true;
    expect(connection.hearing.value).toEqual({ kind: 'connecting' });
    answer();
    await expect.poll(() => connection.hearing.value).toEqual({ kind: 'live' });
    expect(updates.at(-1)).toEqual({ id: 'a-2' });
    // It waits for what comes next, and for no later glance.
    await expect.poll(() => clock.untilNextTimer).toBe(11_000);
    expect(open.count).toBe(1);

    isSeen.value = false;
    await expect.poll(() => open.count).toBe(0);
    await expect.poll(() => clock.untilNextTimer).toBe(30_000);
  });

  it('is there at once when somebody looks as soon as it was let go', async () => {
    const { connection, clock, lastIds, isSeen, open } = await start(sends('a-1'));
    await expect.poll(() => connection.hearing.value).toEqual({ kind: 'live' });
    isSeen.value = false;
    isSeen.value = true;
    await expect.poll(() => lastIds).toEqual([undefined, 'a-1']);
    await expect.poll(() => connection.hearing.value).toEqual({ kind: 'live' });
    await expect.poll(() => open.count).toBe(1);
    expect(clock.untilNextTimer).toBe(11_000);
  });

  it('tells of an agent that goes away while nobody sees the page', async () => {
    const { connection, clock, isSeen, open, from } = await start(sends('a-1'));
    await expect.poll(() => connection.hearing.value).toEqual({ kind: 'live' });
    isSeen.value = false;
    await expect.poll(() => open.count).toBe(0);
    await expect.poll(() => clock.untilNextTimer).toBe(30_000);
    from((request) => request.socket.destroy());
    clock.advance(30_000);
    await expect.poll(() => connection.hearing.value).toMatchObject({ kind: 'away' });
  });
});
