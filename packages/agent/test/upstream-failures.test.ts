import { createServer as createTcpServer, type Socket } from 'node:net';
import { Readable, Writable } from 'node:stream';
import { ManualClock } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { anApi, aRawApi, bodyOf, closings, failureOf, get, listening, upstream, upstreamWith } from './upstream-stage.ts';

describe('an API that misbehaves', () => {
  it.each<[string, string, string]>([
    ['speaks no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 'bad_answer'],
    ['frames its answer twice', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'bad_answer'],
    ['has a head without end', `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(70_000)}`, 'bad_answer'],
    ['changes the protocol', 'HTTP/1.1 101 X\r\nUpgrade: y\r\n\r\n', 'bad_answer'],
    ['greets before it is asked', 'SSH-2.0-OpenSSH\r\n', 'bad_answer'],
    ['ends its lines without CR', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok', 'bad_answer'],
    ['ends one line without CR', 'HTTP/1.1 200 OK\r\nContent-Length: 2\nA: b\r\n', 'bad_answer'],
  ])('and %s gives no answer', async (_what, text, code) => {
    const { origin } = await aRawApi((socket) => socket.write(text, 'latin1'));
    expect(await failureOf(upstream.send(get(origin)).answer)).toMatchObject({ code });
  });

  it.each<[string, string]>([
    ['a body shorter than its length', 'HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\nshort'],
    ['chunks without the last', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n'],
  ])('and closes after %s fails whoever reads it', async (_what, text) => {
    const { origin } = await aRawApi((socket) => socket.end(text));
    const answer = await upstream.send(get(origin)).answer;
    expect(await failureOf(bodyOf(answer))).toMatchObject({ code: 'cut' });
  });

  it('and ends its lines without CR gives none either where its answer comes byte by byte', async () => {
    const text = 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok';
    const { origin } = await aRawApi((socket) => {
      let at = 0;
      const next = () => {
        if (at < text.length && !socket.destroyed) socket.write(text[at++] ?? '', () => setImmediate(next));
      };
      next();
    });
    expect(await failureOf(upstream.send(get(origin)).answer)).toMatchObject({ code: 'bad_answer' });
  });

  it('and breaks off in a chunk that is none fails whoever reads it', async () => {
    const { origin } = await aRawApi((socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\nzz\r\n'));
    const read = upstream.send(get(origin)).answer.then((answer) => bodyOf(answer));
    expect(await failureOf(read)).toMatchObject({ code: 'bad_answer' });
  });

  it('and closes without a word, or resets, fails the request', async () => {
    for (const end of [(socket: Socket) => socket.end(), (socket: Socket) => socket.resetAndDestroy()]) {
      const { origin } = await aRawApi((socket) => end(socket));
      expect(await failureOf(upstream.send(get(origin)).answer)).toMatchObject({ code: 'cut' });
    }
  });

  it('and says nothing, or nothing more, is not waited for for ever', async () => {
    const impatient = upstreamWith({ timeoutMs: 500 });
    const silent = await aRawApi(() => undefined);
    expect(await failureOf(impatient.send(get(silent.origin)).answer)).toMatchObject({ code: 'silent' });
    const halting = await aRawApi((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\nbegin'));
    const answer = await impatient.send(get(halting.origin)).answer;
    expect(await failureOf(bodyOf(answer))).toMatchObject({ code: 'silent' });
  });

  it('and says nothing, or nothing more, may be waited for longer or shorter than others', async () => {
    const impatient = upstreamWith({ timeoutMs: 300 });
    const { origin } = await anApi((request, response) => {
      if (request.url === '/events') response.write('first');
      held.push(() => void response.end('last'));
    });
    const held: (() => void)[] = [];
    const answers = ['/poll', '/events'].map(async (target) =>
      bodyOf(await impatient.send(get(origin, { target, readTimeoutMs: 60_000 })).answer),
    );
    await expect.poll(() => held.length).toBe(2);
    // Those that were asked later are given up before.
    expect(await failureOf(impatient.send(get(origin)).answer)).toMatchObject({ code: 'silent' });
    expect(await failureOf(upstream.send(get(origin, { readTimeoutMs: 100 })).answer)).toMatchObject({ code: 'silent' });
    for (const end of held) end();
    expect(await Promise.all(answers)).toEqual(['last', 'firstlast']);
  });

  it('and has not been sent the whole request is waited for as long as any, for it may be the program that is slow', async () => {
    const impatient = upstreamWith({ timeoutMs: 300 });
    const { origin } = await anApi(() => undefined);
    const body = Readable.from(
      (async function* () {
        yield Buffer.from('begin');
        await new Promise(() => undefined);
      })(),
    );
    const call = impatient.send(get(origin, { method: 'POST', body, readTimeoutMs: 60_000 }));
    expect(await failureOf(call.answer)).toMatchObject({ code: 'silent' });
  });

  it('and answers in time has its time from the end of the request on, however slow the program was', async () => {
    const patient = upstreamWith({ timeoutMs: 10_000 });
    const { origin } = await anApi((request, response) => {
      request.resume().once('end', () => setTimeout(() => response.end('in time'), 1_300));
    });
    // Silence is counted in whole seconds.
    const body = Readable.from(
      (async function* () {
        yield Buffer.from('begin');
        await new Promise((resolve) => setTimeout(resolve, 1_100));
      })(),
    );
    const { answer } = patient.send(get(origin, { method: 'POST', body, readTimeoutMs: 1_900 }));
    expect(await bodyOf(await answer)).toBe('in time');
  });

  it('and is not there is told by the system’s word for it', async () => {
    const server = createTcpServer();
    const origin = await listening(server);
    await closings.pop()?.();
    expect(await failureOf(upstream.send(get(origin)).answer)).toMatchObject({ code: 'unreachable', cause: { code: 'ECONNREFUSED' } });
  });

  it('and is not there is no wait for who has no connection yet because another one is being opened', async () => {
    const server = createTcpServer();
    const origin = await listening(server);
    await closings.pop()?.();
    const one = upstreamWith({ maxConnections: 1, clock: new ManualClock() });
    const calls = [one.send(get(origin)), one.send(get(origin)), one.send(get(origin))];
    const failures = await Promise.all(calls.map(({ answer }) => failureOf(answer)));
    expect(failures).toMatchObject([{ code: 'unreachable' }, { code: 'unreachable' }, { code: 'unreachable' }]);
  });
});

describe('an API that answers before it has taken the whole body', () => {
  /** Gives `answer`, ends the connection, and only then lets the body go on, before anybody has had the time to read. */
  async function refusing(answer: string, { endsFirst = false } = {}) {
    let tell: () => void;
    const hasReset = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const { origin } = await aRawApi((socket) => {
      if (answer === '') socket.resetAndDestroy();
      else if (endsFirst) socket.end(answer, () => socket.destroy());
      else socket.write(answer, () => socket.resetAndDestroy());
      socket.once('close', () => tell());
    });
    async function* body() {
      yield Buffer.from('begin');
      await hasReset;
      for (let part = 0; part < 3; part += 1) yield Buffer.alloc(65_536);
    }
    return upstream.send(get(origin, { method: 'POST', body: body(), contentLength: 1_000_000 }));
  }

  it('is heard, though the rest can no longer be sent', async () => {
    const answer = await (await refusing('HTTP/1.1 413 X\r\nContent-Length: 7\r\nConnection: close\r\n\r\ntoo big')).answer;
    expect([answer.status, await bodyOf(answer)]).toEqual([413, 'too big']);
  });

  it.each([
    ['nothing', ''],
    ['half of it', 'HTTP/1.1 413 X\r\nContent-'],
  ])('is not waited for for long where it said %s', async (_what, said) => {
    expect(await failureOf((await refusing(said)).answer)).toMatchObject({ code: 'cut' });
  });

  it('has a whole answer without a length where it has ended it, and a cut one where it has not', async () => {
    const said = 'HTTP/1.1 413 X\r\n\r\ntoo big';
    expect(await bodyOf(await (await refusing(said, { endsFirst: true })).answer)).toBe('too big');
    expect(await failureOf(bodyOf(await (await refusing(said)).answer))).toMatchObject({ code: 'cut' });
  });

  it('has a cut answer where half of its body came', async () => {
    const answer = await (await refusing('HTTP/1.1 413 X\r\nContent-Length: 7\r\nConnection: close\r\n\r\ntoo')).answer;
    expect(answer.status).toBe(413);
    expect(await failureOf(bodyOf(answer))).toMatchObject({ code: 'cut' });
  });
});

describe('a program that is slow, or gone', () => {
  it('holds back the API: no more is read than can be written', async () => {
    let written = 0;
    const size = 64 * 1_048_576;
    const { origin } = await anApi((_request, response) => {
      response.setHeader('content-length', size);
      const part = Buffer.alloc(65_536, 'x');
      const more = () => {
        while (written < size) {
          written += part.length;
          if (!response.write(part)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    });
    const answer = await upstream.send(get(origin)).answer;
    let release: () => void = () => undefined;
    const stalled = new Promise<void>((resolve) => {
      release = resolve;
    });
    let taken = 0;
    const body = bodyOf(answer, (part, done) => {
      taken += part.length;
      void stalled.then(() => done());
    });
    // What fits into the buffers on the way is soon full, and stays so.
    let before = -1;
    for (let turn = 0; turn < 50 || before !== written; turn += 1) {
      before = written;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(taken).toBeLessThan(1_048_576);
    expect(written).toBeLessThan(size);
    release();
    expect((await body).length).toBe(size);
  });

  it('ends the exchange, and with it the connection, wherever it is', async () => {
    const sockets: Socket[] = [];
    const { origin } = await aRawApi((socket, heard) => {
      sockets.push(socket);
      if (heard.includes('/head')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n');
    });
    const waiting = upstream.send(get(origin));
    await expect.poll(() => sockets.length).toBe(1);
    waiting.abandon();
    expect(await failureOf(waiting.answer)).toMatchObject({ name: 'UpstreamError' });
    const reading = upstream.send(get(origin, { target: '/head' }));
    const body = bodyOf(await reading.answer);
    reading.abandon();
    expect(await failureOf(body)).toMatchObject({ name: 'UpstreamError' });
    await expect.poll(() => sockets.every((socket) => socket.destroyed)).toBe(true);
  });

  it('is waited for by one listener, however many parts wait', async () => {
    let api: Socket | undefined;
    const { origin } = await aRawApi((socket) => {
      api = socket;
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    });
    const call = upstream.send(get(origin));
    const answer = await call.answer;
    const sink = new Writable({ highWaterMark: 1, write: () => undefined });
    const piped = answer.body.pipeTo(sink);
    api?.write('1\r\nx\r\n'.repeat(2_000));
    await expect.poll(() => sink.writableLength).toBeGreaterThan(1_000);
    expect(sink.listenerCount('drain')).toBe(1);
    call.abandon();
    expect(await failureOf(piped)).toMatchObject({ name: 'UpstreamError' });
  });

  it('keeps its connection from nobody: what is not taken in time is cut off', async () => {
    const impatient = upstreamWith({ timeoutMs: 500, maxConnections: 1, clock: new ManualClock() });
    const { origin } = await anApi((request, response) => void response.end(request.url === '/big' ? Buffer.alloc(1_000_000) : 'ok'));
    const untaken = bodyOf(await impatient.send(get(origin, { target: '/big' })).answer, () => undefined);
    const other = impatient.send(get(origin)).answer;
    expect(await failureOf(untaken)).toMatchObject({ code: 'untaken' });
    expect(await bodyOf(await other)).toBe('ok');
  });

  it('keeps no connection that is still being made once nobody waits for it', async () => {
    const closed: Promise<unknown>[] = [];
    // Its handshake never goes on.
    const silent = createTcpServer((socket) => {
      socket.on('error', () => undefined).resume();
      closed.push(new Promise((resolve) => socket.once('close', resolve)));
    });
    const origin = (await listening(silent)).replace('http:', 'https:');
    const one = upstreamWith({ maxConnections: 1, connectTimeoutMs: 60_000, clock: new ManualClock() });
    for (const count of [1, 2]) {
      const call = one.send(get(origin));
      await expect.poll(() => closed.length).toBe(count);
      call.abandon();
      expect(await failureOf(call.answer)).toMatchObject({ code: 'abandoned' });
      await closed[count - 1];
    }
  });

  it('who leaves before a connection stands asks nothing', async () => {
    const { origin, heard } = await aRawApi(() => undefined);
    const call = upstream.send(get(origin));
    call.abandon();
    expect(await failureOf(call.answer)).toMatchObject({ code: 'abandoned' });
    expect(heard.join('')).toBe('');
  });
});
