import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { freshFolder } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type ListenAddress,
  type ListenerOptions,
  type Listeners,
  openListeners,
  openLocalCa,
  openStateFolder,
  type RefusedRequest,
} from '../src/index.ts';

const port: ListenAddress = { kind: 'http', host: '127.0.0.1', port: 0 };

/** What a program sees, and what the handler saw. */
interface Stage {
  readonly listeners: Listeners;
  /** `METHOD path` of each request that reached the handler. */
  readonly seen: string[];
  /** Ends the answer to `GET /held`, which waits for it. */
  release(): void;
  connect(): Socket;
}

/** Answers each request with its method, path and body; `/held` begins at once and ends when it is released. */
async function open(address: ListenAddress = port, options: Partial<ListenerOptions> = {}): Promise<Stage> {
  const seen: string[] = [];
  const held: (() => void)[] = [];
  const ca = address.kind === 'https' ? await openLocalCa(await openStateFolder(await freshFolder())) : undefined;
  const listeners = await openListeners([address], {
    ...(ca !== undefined && { certificate: ca.serverCertificate }),
    onError: () => undefined,
    handler(request, response) {
      const what = `${request.method} ${request.url}`;
      seen.push(what);
      if (request.url?.startsWith('/held') === true) {
        response.write(`${what} begins, `);
        held.push(() => response.end(`${what} ends. `));
      } else {
        const ended = text(request).catch(() => 'cut');
        void ended.then((body) => response.end(`${what} ${body}. `));
      }
    },
    ...options,
  });
  onTestFinished(() => listeners.close({ graceMs: 0 }));
  return {
    listeners,
    seen,
    release: () => {
      for (const end of held.splice(0)) end();
    },
    connect() {
      const [actual] = listeners.addresses;
      if (actual?.kind === 'unix') return connect(actual.path);
      const to = { host: '127.0.0.1', port: actual?.port ?? 0 };
      return ca === undefined ? connect(to) : connectTls({ ...to, ca: ca.certificatePem, servername: 'localhost' });
    },
  };
}

const request = (first: string, ...lines: string[]): string => [`${first} HTTP/1.1`, 'Host: localhost', ...lines, '', ''].join('\r\n');
const statuses = (answer: string): string[] => [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status ?? '');
const upgrade = (to: string): string[] => [`Upgrade: ${to}`, 'Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAAQAAP__'];
const hidden = request('DELETE /hidden');

/** Sends the parts, each in a write of its own that has arrived before the next one, and answers all that comes back. */
async function talk(stage: Stage, ...parts: string[]): Promise<string> {
  const socket = stage.connect().on('error', () => undefined);
  const heard = text(socket).catch(() => '');
  for (const part of parts) {
    await new Promise<void>((resolve) => socket.write(part, 'latin1', () => resolve()));
    // Another connection is answered: what was sent before has arrived.
    await new Promise<void>((resolve) => {
      const probe = stage.connect().on('error', () => resolve());
      probe.on('data', () => probe.destroy()).on('close', () => resolve());
      probe.write(request('GET /probe'));
    });
  }
  stage.release();
  return await heard;
}

const reached = ({ seen }: Stage): string[] => seen.filter((what) => what !== 'GET /probe');

describe('a pipeline', () => {
  it('of up to sixteen requests is answered, and its connection goes on', async () => {
    const stage = await open();
    const pipeline = Array.from({ length: 16 }, (_, index) => request(`GET /${index}`)).join('');
    const socket = stage.connect().setEncoding('latin1');
    let heard = '';
    socket.on('data', (part) => {
      heard += part;
    });
    for (const round of [1, 2]) {
      socket.write(pipeline);
      await expect.poll(() => statuses(heard), { interval: 5 }).toEqual(Array(16 * round).fill('200'));
    }
    socket.destroy();
  });

  it('that is longer is cut after a refusal, and nothing beyond it is done', async () => {
    const stage = await open();
    const answer = await talk(stage, Array.from({ length: 300 }, (_, index) => request(`GET /${index}`)).join(''));
    expect(statuses(answer)).toEqual([...Array<string>(16).fill('200'), '429']);
    expect(answer).toMatch(/connection: close\r\n.*At most 16 requests/is);
    expect(reached(stage)).toHaveLength(16);
  });

  it('that is longer is refused in the words of the program, where it has its own', async () => {
    const refused: RefusedRequest[] = [];
    const stage = await open(port, {
      refuse: (response, request) => {
        refused.push(request);
        response.writeHead(429, request.headers).end('in other words');
      },
    });
    const answer = await talk(stage, request('GET /again').repeat(20));
    expect(statuses(answer)).toEqual([...Array<string>(16).fill('200'), '429']);
    expect(answer).toMatch(/retry-after: 1\r\nconnection: close\r\n.*in other words/is);
    expect(refused).toMatchObject([{ code: 'too_many_at_once', detail: expect.stringContaining('At most 16 requests') as string }]);
  });

  it('that is longer is cut also while its first request is being answered', async () => {
    const stage = await open();
    const more = Array.from({ length: 20 }, (_, index) => request(`GET /${index}`)).join('');
    const answer = await talk(stage, request('GET /held') + more);
    expect(statuses(answer)).toEqual([...Array<string>(16).fill('200'), '429']);
    expect(answer).toContain('GET /held ends. ');
    expect(reached(stage)).toHaveLength(16);
  });

  it.each(['rubbish\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a\r\nHost : b\r\n\r\n'])(
    'that cannot be read from %j on has answers to what came before',
    async (rubbish) => {
      const stage = await open();
      const answer = await talk(stage, request('GET /held') + request('POST /1', 'Content-Length: 0') + rubbish, 'more of it');
      expect(statuses(answer)).toEqual(['200', '200']);
      expect(answer).toMatch(/GET \/held ends\. .*POST \/1 /s);
      expect(reached(stage)).toEqual(['GET /held', 'POST /1']);
    },
  );

  it('whose connection closes has each of its responses told so once, those too that wait behind the first', async () => {
    const responses: ServerResponse[] = [];
    const closed: number[] = [];
    const warnings: Error[] = [];
    const warn = (warning: Error): number => warnings.push(warning);
    process.on('warning', warn);
    onTestFinished(() => void process.off('warning', warn));
    const stage = await open(port, {
      handler(_request, response) {
        const index = responses.push(response) - 1;
        response.on('close', () => closed.push(index));
      },
    });
    const socket = stage.connect();
    socket.write(request('GET /').repeat(16));
    await expect.poll(() => responses.length).toBe(16);
    // The second gets its turn, and is told by Node itself.
    responses[0]?.end();
    await expect.poll(() => closed).toEqual([0]);
    socket.destroy();
    await expect.poll(() => closed.length).toBe(16);
    expect(closed.toSorted((one, other) => one - other)).toEqual(responses.map((_, index) => index));
    expect([responses.every(({ destroyed }) => destroyed), warnings]).toEqual([true, []]);
  });

  it('whose last request has a body that cannot be read is not waited for', async () => {
    const stage = await open();
    const socket = stage.connect().on('error', () => undefined);
    socket.write(`${request('POST /broken', 'Transfer-Encoding: chunked')}no length\r\n`);
    expect(statuses(await text(socket))).toEqual(['400']);
    expect(reached(stage)).toEqual(['POST /broken']);
  });

  it.each([
    ['a head', 'GET /never HTTP/1.1\r\nHost:'],
    ['a body', request('POST /slow', 'Content-Length: 100')],
  ])('whose last request, %s, does not come cuts no answer before it', async (_what, begun) => {
    const stage = await open(port, { requestTimeoutMs: 40 });
    const socket = stage.connect().on('error', () => undefined);
    socket.write(request('GET /held') + begun);
    const heard = text(socket);
    // When this many others have been given up one after the other, it would have been, too.
    for (let count = 1; count <= 4; count += 1) {
      const slow = stage.connect();
      slow.write(begun);
      expect(await text(slow)).toMatch(/^HTTP\/1\.1 408 /);
    }
    stage.release();
    expect(await heard).toContain('GET /held ends. ');
  });
});

describe.each<[string, () => Promise<ListenAddress>]>([
  ['http', async () => port],
  ['https', async () => ({ kind: 'https', host: 'localhost', port: 0 })],
  ['a unix socket', async () => ({ kind: 'unix', path: join(await freshFolder(), 's'), mode: 0o600 })],
])('over %s', (_what, address) => {
  it.each(['h2c', 'websocket', 'TLS/1.0', ''])('what comes after an offer to speak %j is never read as a request', async (to) => {
    const stage = await open(await address());
    const post = request('POST /inner', `Content-Length: ${hidden.length}`);
    for (const parts of [
      [request('GET /first', ...upgrade(to)) + post, hidden],
      [request('GET /held', ...upgrade(to)) + post, hidden, hidden],
      [`${request('POST /first', ...upgrade(to), 'Content-Length: 2')}ok${post}`, hidden],
      [`${request('POST /first', ...upgrade(to), 'Transfer-Encoding: chunked')}2\r\nok\r\n0\r\n\r\n${post}`, hidden],
      [request('GET /held') + request('GET /then', ...upgrade(to)) + post, hidden, hidden],
    ]) {
      stage.seen.length = 0;
      const answer = await talk(stage, ...parts);
      expect(reached(stage).filter((what) => what.includes('hidden') || what.includes('inner'))).toEqual([]);
      expect(statuses(answer)).toEqual(reached(stage).map(() => '200'));
      expect(answer).toMatch(/connection: close\r\n/i);
    }
  });

  it('a body that comes with such an offer is taken whole, and the offer is passed over', async () => {
    const stage = await open(await address());
    const parts = [request('POST /whole', ...upgrade('h2c'), 'Content-Length: 9'), 'one', 'two', 'six'];
    expect(await talk(stage, ...parts)).toMatch(/^HTTP\/1\.1 200 .*POST \/whole onetwosix\. /s);
  });

  it('a tunnel is not made, and what would go through it is not read', async () => {
    const stage = await open(await address());
    await talk(stage, request('CONNECT example.com:443') + hidden, hidden);
    expect(reached(stage)).toEqual([]);
  });
});

it('who sends requests without end while one is being answered is not read on', async () => {
  const stage = await open();
  const socket = stage.connect().on('error', () => undefined);
  socket.write(request('GET /held', ...upgrade('h2c')));
  await once(socket, 'data');
  const flood = request('GET /more').repeat(2_000);
  // Until the system takes no more: nobody reads.
  let written = 0;
  while (written < 200 && (await isTaken(socket, flood))) written += 1;
  expect(written).toBeLessThan(200);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  stage.release();
  socket.resume();
  await closed;
  expect(reached(stage)).toEqual(['GET /held']);
});

/** Whether the system took `bytes` while the server had time to read much. */
async function isTaken(socket: Socket, bytes: string): Promise<boolean> {
  let isDone = false;
  socket.write(bytes, () => {
    isDone = true;
  });
  for (let turn = 0; turn < 200 && !isDone; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return isDone;
}
