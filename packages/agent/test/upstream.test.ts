import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { ManualClock } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { UpstreamRequest } from '../src/upstream/upstream.ts';
import { anApi, aRawApi, bodyOf, failureOf, get, upstream, upstreamWith } from './upstream-stage.ts';

describe('a request to an API', () => {
  it('is answered, with all headers as they came', async () => {
    const { origin } = await anApi((request, response) => {
      response.writeHead(201, ['X-A', '1', 'X-A', '2']).end(`${request.method} ${request.url} ${request.headers['accept']}`);
    });
    const answer = await upstream.send(get(origin, { target: '/a/b?c=d', headers: ['Accept', 'x/y'] })).answer;
    expect(answer.status).toBe(201);
    expect(answer.headers.slice(0, 4)).toEqual(['X-A', '1', 'X-A', '2']);
    expect(await bodyOf(answer)).toBe('GET /a/b?c=d x/y');
  });

  it.each<[string, number]>([
    ['of no byte', 0],
    ['of a few', 10],
    ['that comes in many parts', 3_000_000],
  ])('brings a body %s, by its length, in chunks and until the connection ends', async (_what, length) => {
    const body = 'abcdefghij'.repeat(length / 10);
    const { origin } = await anApi((request, response) => {
      if (request.url === '/length') response.setHeader('content-length', length);
      if (request.url === '/close') response.useChunkedEncodingByDefault = false;
      if (request.url === '/chunks') for (let at = 0; at < body.length; at += 100_000) response.write(body.slice(at, at + 100_000));
      response.end(request.url === '/chunks' ? undefined : body);
    });
    for (const target of ['/length', '/chunks', '/close']) {
      const answer = await upstream.send(get(origin, { target })).answer;
      expect((await bodyOf(answer)) === body).toBe(true);
    }
  });

  it('carries a body: bytes, a stream with its length, and one without', async () => {
    const { origin } = await anApi((request, response) => {
      void request.pipe(response);
    });
    const text = 'x'.repeat(200_000);
    const stream = () => Readable.from([Buffer.from(text.slice(0, 70_000)), Buffer.alloc(0), Buffer.from(text.slice(70_000))]);
    const post = (parts: Partial<UpstreamRequest>) =>
      upstream.send(get(origin, { method: 'POST', ...parts })).answer.then((answer) => bodyOf(answer));
    expect(await post({ body: Buffer.from('abc'), contentLength: 3 })).toBe('abc');
    expect((await post({ body: stream(), contentLength: 200_000 })) === text).toBe(true);
    expect((await post({ body: stream() })) === text).toBe(true);
  });

  it('with a long body leaves no listeners behind on its connection', async () => {
    const warnings: string[] = [];
    const onWarning = ({ name }: Error): void => void warnings.push(name);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    const { origin } = await anApi((request, response) => void request.resume().on('end', () => response.end('ok')));
    const parts = function* () {
      for (let part = 0; part < 200; part += 1) yield Buffer.alloc(262_144);
    };
    const body = Readable.from(parts(), { highWaterMark: 1 });
    expect(await bodyOf(await upstream.send(get(origin, { method: 'POST', body })).answer)).toBe('ok');
    expect(warnings).toEqual([]);
  });

  it('whose body is not as long as it says is cut off, so that nothing is taken for a request of its own', async () => {
    const { origin, heard } = await aRawApi(() => undefined);
    const call = upstream.send(
      get(origin, { method: 'POST', body: Readable.from([Buffer.from('GET /evil HTTP/1.1\r\n')]), contentLength: 3 }),
    );
    expect(await failureOf(call.answer)).toMatchObject({ name: 'UpstreamError', code: 'abandoned' });
    expect(heard.join('')).not.toContain('evil');
  });

  it('is not sent where it would be two', async () => {
    const { origin, heard } = await aRawApi(() => undefined);
    const failure = await failureOf(upstream.send(get(origin, { target: '/a HTTP/1.1\r\nX: y' })).answer);
    expect(failure).toMatchObject({ code: 'bad_request' });
    expect(heard.join('')).toBe('');
  });

  it('skips interim answers, and gives up on one that never comes to its end', async () => {
    const interim = 'HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n';
    const { origin } = await aRawApi((socket, heard) => {
      socket.write(`HTTP/1.1 100 Continue\r\n\r\n${interim}`.repeat(heard.includes('/ever') ? 20 : 2));
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    expect(await bodyOf(await upstream.send(get(origin)).answer)).toBe('ok');
    expect(await failureOf(upstream.send(get(origin, { target: '/ever' })).answer)).toMatchObject({ code: 'bad_answer' });
  });

  it('is answered the same when its answer comes byte by byte', async () => {
    const text = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n';
    const { origin } = await aRawApi((socket) => {
      let at = 0;
      const next = () => {
        if (at < text.length) socket.write(text[at++] ?? '', () => setImmediate(next));
      };
      next();
    });
    expect(await bodyOf(await upstream.send(get(origin)).answer)).toBe('ok');
  });
});

describe('connections to an API', () => {
  it('are used again and again, also after a body in chunks and one that nobody wanted', async () => {
    const { origin, connections } = await anApi((request, response) => {
      if (request.url === '/chunks') response.write('part');
      response.end('whole');
    });
    for (let i = 0; i < 5; i += 1) {
      await bodyOf(await upstream.send(get(origin)).answer);
      await bodyOf(await upstream.send(get(origin, { target: '/chunks' })).answer);
      (await upstream.send(get(origin)).answer).body.drop();
    }
    expect(connections()).toBe(1);
  });

  it('are as many as requests at once, and no more than may be', async () => {
    const bounded = upstreamWith({ maxConnections: 3 });
    const held: ServerResponse[] = [];
    const { origin, connections } = await anApi((_request, response) => void held.push(response));
    const answers = Array.from({ length: 10 }, () => bounded.send(get(origin)).answer.then((answer) => bodyOf(answer)));
    for (let answered = 0; answered < 10; answered += 1) {
      await expect.poll(() => held.length).toBeGreaterThan(0);
      held.shift()?.end('ok');
    }
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 10 }, () => 'ok'));
    expect(connections()).toBe(3);
  });

  it('are waited for as long as an answer, and no longer than the program waits', async () => {
    const clock = new ManualClock();
    const bounded = upstreamWith({ maxConnections: 1, clock });
    const held: ServerResponse[] = [];
    const { origin } = await anApi((_request, response) => void held.push(response));
    const first = bounded.send(get(origin)).answer;
    await expect.poll(() => held.length).toBe(1);
    const [patient, left, late] = [bounded.send(get(origin)), bounded.send(get(origin)), bounded.send(get(origin))];
    left.abandon();
    expect(await failureOf(left.answer)).toMatchObject({ code: 'abandoned' });
    clock.advance(9_999);
    const last = bounded.send(get(origin)).answer;
    const failures = Promise.all([patient, late].map(({ answer }) => failureOf(answer)));
    clock.advance(1);
    expect(await failures).toMatchObject([{ code: 'timeout' }, { code: 'timeout' }]);
    held.shift()?.end('first');
    expect(await bodyOf(await first)).toBe('first');
    await expect.poll(() => held.length).toBe(1);
    held.shift()?.end('last');
    expect(await bodyOf(await last)).toBe('last');
    expect(clock.timers).toBe(0);
  });

  it('carry the next call on, though the one before is given up after it was over', async () => {
    const bounded = upstreamWith({ maxConnections: 1 });
    const held: ServerResponse[] = [];
    const { origin } = await anApi((request, response) => (request.url === '/held' ? held.push(response) : response.end('first')));
    const first = bounded.send(get(origin));
    expect(await bodyOf(await first.answer)).toBe('first');
    const second = bounded.send(get(origin, { target: '/held' }));
    await expect.poll(() => held.length).toBe(1);
    first.abandon();
    held[0]?.end('second');
    expect(await bodyOf(await second.answer)).toBe('second');
  });

  it('go to the next in line where the first one leaves in the moment of its turn', async () => {
    const bounded = upstreamWith({ maxConnections: 1, clock: new ManualClock() });
    let api: Socket | undefined;
    const { origin, heard } = await aRawApi((socket) => {
      api = socket;
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no');
    });
    const answer = await bounded.send(get(origin)).answer;
    const [leaving, next] = [bounded.send(get(origin, { target: '/left' })), bounded.send(get(origin, { target: '/next' }))];
    const left = failureOf(leaving.answer);
    const body = bodyOf(answer, (part, done) => {
      // After the connection was freed by this last byte, and before who waits for it has heard of that.
      if (part.toString() === 'k') process.nextTick(() => leaving.abandon());
      done();
    });
    api?.write('k');
    expect(await body).toBe('ok');
    expect(await left).toMatchObject({ code: 'abandoned' });
    await next.answer;
    // Not on another one, which it would have when the first had ended as idle.
    expect(heard).toEqual([expect.stringMatching(/^GET \/ .*GET \/next /s)]);
    expect(heard[0]).not.toContain('/left');
  });

  it.each<[string, string]>([
    ['says that it closes', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'],
    ['speaks HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['keeps none for a second', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=1\r\n\r\nok'],
    ['says more than its answer', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'],
  ])('are not used again when the server %s', async (_what, text) => {
    const { origin, heard } = await aRawApi((socket) => socket.write(text, 'latin1'));
    expect(await bodyOf(await upstream.send(get(origin)).answer)).toBe('ok');
    expect(await bodyOf(await upstream.send(get(origin)).answer)).toBe('ok');
    expect(heard).toHaveLength(2);
  });

  it('give nobody an answer to a request that was not made', async () => {
    let idle: Socket | undefined;
    const { origin, heard } = await aRawApi((socket) => {
      idle = socket;
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    await bodyOf(await upstream.send(get(origin)).answer);
    const closed = new Promise((resolve) => idle?.once('close', resolve));
    idle?.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
    await closed;
    expect(await bodyOf(await upstream.send(get(origin)).answer)).toBe('ok');
    expect(heard).toHaveLength(2);
  });

  it('that the server closed at the wrong moment cost no request that can be made again, and make none twice that cannot', async () => {
    const { origin, heard } = await aRawApi((socket, text, connection) => {
      const requests = text.split('\r\n\r\n').length - 1;
      if (connection === 0 && requests > 1) socket.destroy();
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    await bodyOf(await upstream.send(get(origin)).answer);
    expect(await bodyOf(await upstream.send(get(origin, { target: '/again' })).answer)).toBe('ok');
    expect(heard.map((text) => text.includes('/again'))).toEqual([true, true]);

    const other = await aRawApi((socket, text) => {
      if (text.includes('POST')) socket.destroy();
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    await bodyOf(await upstream.send(get(other.origin)).answer);
    const post = get(other.origin, { method: 'POST', body: Buffer.from('once'), contentLength: 4 });
    expect(await failureOf(upstream.send(post).answer)).toMatchObject({ code: 'cut' });
    expect(other.heard.join('').split('once')).toHaveLength(2);
  });

  it.each([
    ['there are others', 256],
    ['there is no place for another', 3],
  ])('that the server closes for each time it is asked something get it twice at most, where %s', async (_what, maxConnections) => {
    const bounded = upstreamWith({ maxConnections });
    const sockets: Socket[] = [];
    const { origin, heard } = await aRawApi((socket, text) => {
      if (text.includes('DELETE')) socket.destroy();
      else sockets.push(socket);
    });
    const answers = Array.from({ length: 3 }, () => bounded.send(get(origin)).answer.then((answer) => bodyOf(answer)));
    await expect.poll(() => sockets.length).toBe(3);
    for (const socket of sockets) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    await Promise.all(answers);
    expect(await failureOf(bounded.send(get(origin, { method: 'DELETE', target: '/poison' })).answer)).toMatchObject({ code: 'cut' });
    expect(heard.filter((text) => text.includes('DELETE /poison'))).toHaveLength(2);
    expect(heard).toHaveLength(4);
  });

  it('that the server has reset before anything of a request was written cost none, whatever its method', async () => {
    const sockets: Socket[] = [];
    const { origin, heard } = await aRawApi((socket, text) => {
      sockets.push(socket);
      if (text.endsWith('\r\n\r\n') || text.endsWith('once')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    const stream = () => Readable.from([Buffer.from('once')]);
    for (const body of [Buffer.from('once'), stream()]) {
      await bodyOf(await upstream.send(get(origin)).answer);
      // Nothing can be read in between, so that the next write is what finds out.
      sockets.at(-1)?.resetAndDestroy();
      const post = get(origin, { method: 'POST', body, contentLength: 4 });
      expect(await bodyOf(await upstream.send(post).answer)).toBe('ok');
    }
    expect(heard.join('').split('once')).toHaveLength(3);
  });

  it('are not used again after an answer that came before the whole request was sent', async () => {
    const { origin, heard } = await aRawApi((socket) => socket.write('HTTP/1.1 413 X\r\nContent-Length: 2\r\n\r\nno'));
    const never = async function* () {
      yield Buffer.from('begin');
      await new Promise(() => undefined);
    };
    const answer = await upstream.send(get(origin, { method: 'POST', body: never() })).answer;
    expect([answer.status, await bodyOf(answer)]).toEqual([413, 'no']);
    await bodyOf(await upstream.send(get(origin)).answer);
    expect(heard).toHaveLength(2);
  });
});
