import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { json } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRunningAgent } from './a-running-agent.ts';
import { type ApiAnswer, ProxiedApi } from './proxied-api.ts';

const stage = new ProxiedApi();

function portOf(url: string): number {
  return Number(new URL(url).port);
}

/** Sends bytes as they are and answers all that comes back until the agent ends the connection. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(portOf(stage.running.url), '127.0.0.1', () => socket.write(bytes, 'latin1'));
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part;
    });
    socket.on('error', () => undefined).on('close', () => resolve(text));
  });
}

/** Head lines of `dashboard`, which may GET and POST /api/v2/clients and nothing else. */
function head(first: string, ...lines: string[]): string {
  const own = [`Host: 127.0.0.1:${portOf(stage.running.url)}`, `Authorization: Bearer ${stage.running.keys['dashboard']}`];
  return [first, ...own, ...lines, '', ''].join('\r\n');
}

/** The API reads a call to its end before it answers. */
const readAndAnswer: ApiAnswer = async (_request, response, read) => {
  await read();
  response.end('ok');
};

const smuggled = (): string => head('DELETE /api/v2/clients/1 HTTP/1.1', 'Connection: close');

/** Calls that reached the API, as `METHOD path`. */
function reached(): string[] {
  return stage.seen.map(({ method, url }) => `${method} ${url}`);
}

describe('a request that two servers could read in two ways', () => {
  it.each<[string, () => string]>([
    ['CL.TE', () => `${head('POST /api/v2/clients HTTP/1.1', 'Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\n${smuggled()}`],
    [
      'TE.CL',
      () => `${head('POST /api/v2/clients HTTP/1.1', 'Transfer-Encoding: chunked', 'Content-Length: 3')}8\r\nSMUGGLED\r\n0\r\n\r\n`,
    ],
    ['TE.TE', () => `${head('POST /api/v2/clients HTTP/1.1', 'Transfer-Encoding: chunked', 'Transfer-Encoding: x')}0\r\n\r\n${smuggled()}`],
    ['a coding in disguise', () => `${head('POST /api/v2/clients HTTP/1.1', 'Transfer-Encoding: xchunked')}0\r\n\r\n${smuggled()}`],
    ['a blank before the colon', () => `${head('POST /api/v2/clients HTTP/1.1', 'Transfer-Encoding : chunked')}0\r\n\r\n${smuggled()}`],
    ['two lengths', () => `${head('POST /api/v2/clients HTTP/1.1', 'Content-Length: 1', 'Content-Length: 2')}ab${smuggled()}`],
    ['two lengths in one', () => `${head('POST /api/v2/clients HTTP/1.1', 'Content-Length: 1, 2')}ab${smuggled()}`],
    ['a length with a sign', () => `${head('POST /api/v2/clients HTTP/1.1', 'Content-Length: +1')}a${smuggled()}`],
    ['a negative length', () => `${head('POST /api/v2/clients HTTP/1.1', 'Content-Length: -1')}${smuggled()}`],
    ['a folded header', () => `${head('POST /api/v2/clients HTTP/1.1', 'X-Long: a', ' Transfer-Encoding: chunked', 'Content-Length: 0')}`],
    ['a bare line feed', () => head('GET /api/v2/clients HTTP/1.1').replaceAll('\r\n', '\n')],
    ['a bare line feed between headers', () => head('GET /api/v2/clients HTTP/1.1', 'X-A: b\nTransfer-Encoding: chunked')],
    ['a bare carriage return', () => head('GET /api/v2/clients HTTP/1.1', 'X-A: b\rTransfer-Encoding: chunked')],
    ['a NUL in a header', () => head('GET /api/v2/clients HTTP/1.1', 'X-A: b\0c')],
    [
      'a chunk size that is none',
      () => `${head('POST /api/v2/clients HTTP/1.1', 'Transfer-Encoding: chunked')}0x1\r\na\r\n0\r\n\r\n${smuggled()}`,
    ],
    [
      'a chunk longer than it says',
      () => `${head('POST /api/v2/clients HTTP/1.1', 'Transfer-Encoding: chunked')}1\r\nabc\r\n0\r\n\r\n${smuggled()}`,
    ],
  ])('by %s is refused, and nothing that was hidden in it is done', async (_what, bytes) => {
    const answer = await raw(bytes());
    expect(answer).toMatch(/^HTTP\/1\.1 (?:400|501|502) /);
    expect(answer.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    expect(reached().filter((call) => call !== 'POST /api/v2/clients')).toEqual([]);
  });

  it('is passed on once where it can be read in one way alone', async () => {
    stage.answer = readAndAnswer;
    const chunked = `${head('POST /api/v2/clients HTTP/1.1', 'Transfer-Encoding: chunked', 'Connection: close')}3\r\nabc\r\n0\r\n\r\n`;
    expect(await raw(chunked)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await raw(`${head('POST /api/v2/clients HTTP/1.1', 'Content-Length: 3', 'Connection: close')}abc`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(stage.seen.map(({ body }) => body)).toEqual(['abc', 'abc']);
  });

  it('may be followed by another on the same connection, and each is judged by itself', async () => {
    stage.answer = readAndAnswer;
    const answer = await raw(`${head('POST /api/v2/clients HTTP/1.1', 'Content-Length: 3')}abc${smuggled()}`);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 403']);
    expect(reached()).toEqual(['POST /api/v2/clients']);
  });
});

describe('an offer to speak another protocol', () => {
  it.each([
    ['h2c', '200'],
    ['websocket', '501'],
  ])('(%s) is passed over or refused, and nothing that comes after it is taken for a request', async (to, status) => {
    const hidden = head('GET /api/v2/clients/hidden HTTP/1.1');
    const offer = head('GET /api/v2/clients HTTP/1.1', `Upgrade: ${to}`, 'Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABk');
    const socket = connect(portOf(stage.running.url), '127.0.0.1').setEncoding('latin1');
    // The body of the second request comes when the API has the first.
    stage.answer = async (_request, response, read) => {
      await read();
      socket.write(hidden, () => setImmediate(() => response.end('ok')));
    };
    let text = '';
    socket.on('data', (part: string) => {
      text += part;
    });
    socket.write(`${offer}${head('POST /oauth/token HTTP/1.1', `Content-Length: ${hidden.length}`)}`);
    await new Promise((resolve) => socket.on('error', () => undefined).on('close', resolve));
    expect(text.match(/(?<=HTTP\/1\.1 )\d+/g)).toEqual([status]);
    expect(text).toMatch(/connection: close\r\n/i);
    expect(reached().filter((call) => call.includes('hidden'))).toEqual([]);
  });
});

describe('a path or method in disguise', () => {
  it.each([
    ['an encoded dot', 'GET /api/v2/clients/%2e%2e/users HTTP/1.1'],
    ['dots', 'GET /api/v2/clients/../users HTTP/1.1'],
    ['a dot that is encoded twice', 'GET /api/v2/clients/%252e%252e/users HTTP/1.1'],
    ['an overlong encoding of a dot', 'GET /api/v2/clients/%c0%ae%c0%ae/users HTTP/1.1'],
    ['an encoded slash', 'GET /api/v2/clients%2f1%2fcredentials HTTP/1.1'],
    ['an encoded slash in a segment that may be anything', 'GET /api/v2/clients/..%2fusers HTTP/1.1'],
    ['a double slash', 'GET /api/v2//clients HTTP/1.1'],
    ['a double slash first', 'GET //api/v2/clients HTTP/1.1'],
    ['a backslash', 'GET /api/v2/clients\\..\\users HTTP/1.1'],
    ['an encoded backslash', 'GET /api/v2/clients%5c..%5cusers HTTP/1.1'],
    ['a parameter', 'GET /api/v2/clients;/../users HTTP/1.1'],
    ['an encoded NUL', 'GET /api/v2/clients%00/users HTTP/1.1'],
    ['a fragment', 'GET /api/v2/clients#/../users HTTP/1.1'],
    ['the absolute form', 'GET http://127.0.0.1/api/v2/clients HTTP/1.1'],
    ['the authority form', 'CONNECT api.example.com:443 HTTP/1.1'],
    ['the asterisk form', 'OPTIONS * HTTP/1.1'],
    ['a method in lower case', 'delete /api/v2/clients/1 HTTP/1.1'],
    ['a method in mixed case', 'Get /api/v2/clients HTTP/1.1'],
    ['a method of our own', 'PURGE /api/v2/clients HTTP/1.1'],
    ['another path in other case', 'GET /API/V2/clients HTTP/1.1'],
    ['another version', 'GET /api/v2/clients HTTP/3.0'],
  ])('by %s reaches no API', async (_what, first) => {
    const answer = await raw(head(first, 'Connection: close'));
    expect(answer).not.toMatch(/^HTTP\/1\.1 2/);
    expect(reached()).toEqual([]);
  });

  it('is none where it is plain, and is passed on byte for byte', async () => {
    for (const path of ['/api/v2/clients', '/api/v2/clients/a%20b', '/api/v2/clients?q=%2e%2e%2f//;\\%00', '/api/v2/clients/caf%C3%A9'])
      expect(await raw(head(`GET ${path.replace('\\', '%5c')} HTTP/1.1`, 'Connection: close')), path).toMatch(/^HTTP\/1\.1 200 /);
    expect(reached()[2]).toBe('GET /api/v2/clients?q=%2e%2e%2f//;%5c%00');
  });
});

describe('an API that lies', () => {
  it('about the length of its answer, too long, is told by a broken answer', async () => {
    stage.answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half');
      response.socket?.end();
    };
    await expect(stage.running.callAs('dashboard', '/api/v2/clients')).rejects.toMatchObject({ code: 'ECONNRESET' });
    stage.answer = (_request, response) => void response.writeHead(200, { 'content-length': '4' }).end('half');
    expect((await stage.running.callAs('dashboard', '/api/v2/clients')).text).toBe('half');
  });

  it('about the length of its answer, too short, gives nobody else what came beyond', async () => {
    stage.answer = (_request, response) => {
      const extra = 'HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\npoisoned';
      response.socket?.write(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok${extra}`);
    };
    expect((await stage.running.callAs('dashboard', '/api/v2/clients')).text).toBe('ok');
    stage.answer = (_request, response) => void response.end('own');
    for (let count = 0; count < 3; count += 1) {
      const { status, text } = await stage.running.callAs('dashboard', '/api/v2/clients');
      expect(status === 502 || text === 'own').toBe(true);
    }
  });

  it('by sending elsewhere gets no token sent there', async () => {
    const elsewhere: string[] = [];
    const other = await startRunningAgent({
      before: (issuer) =>
        issuer.answer((request, response) => {
          elsewhere.push(JSON.stringify(request.headers));
          json(response, 200, {});
        }),
      isReady: false,
    });
    onTestFinished(() => other.close());
    const before = elsewhere.length;
    for (const status of [301, 302, 303, 307, 308]) {
      stage.answer = (_request, response) => void response.writeHead(status, { location: `${other.issuer.url}/x` }).end();
      const answer = await stage.running.callAs('dashboard', '/api/v2/clients');
      expect([answer.status, answer.headers.location]).toEqual([status, `${other.issuer.url}/x`]);
    }
    expect(elsewhere.slice(before).some((headers) => headers.includes('token-'))).toBe(false);
  });

  it('by refusing every token for ever makes the agent ask its issuer no more than once in half a minute', async () => {
    stage.answer = (_request, response) => void response.writeHead(401).end();
    const before = stage.running.issuer.requests.length;
    stage.clock.advance(31_000);
    for (let count = 0; count < 40; count += 1) {
      expect((await stage.running.callAs('dashboard', '/api/v2/clients')).status).toBe(401);
    }
    expect(stage.running.issuer.requests.length - before).toBe(1);
  });

  it('with a header that would end another is not believed', async () => {
    stage.answer = (_request, response) => {
      response.socket?.end('HTTP/1.1 200 OK\r\nX-A: b\r\n X-Folded: c\r\nX-Nul: a\0b\r\ncontent-length: 2\r\n\r\nok');
    };
    expect((await stage.running.callAs('dashboard', '/api/v2/clients')).status).toBe(502);
  });
});

describe('an issuer that lies', () => {
  it.each(['a\r\nX-Injected: 1', 'a\nb', 'a b\0', ' ', 'caf\u00e9 \u6587'])('about its token (%j) breaks no header', async (token) => {
    const lied = await startRunningAgent({
      isReady: false,
      before: (issuer) =>
        issuer.answer((_request, response) => json(response, 200, { access_token: token, token_type: 'Bearer', expires_in: 600 })),
    });
    onTestFinished(() => lied.close());
    const answer = await lied.callAs('report', '/v1/tokens/orders');
    expect([answer.status >= 500, answer.headers['x-injected']]).toEqual([true, undefined]);
    expect((await lied.call('/healthz')).status).toBe(200);
  });
});

describe('ten thousand idle connections', () => {
  it('keep nobody out, and go when others come', async () => {
    const count = Math.min(10_000, Math.floor((await openFilesLimit()) / 4));
    const sockets = new Set<Socket>();
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    for (let opened = 0; opened < count; opened += 500) {
      await Promise.all(Array.from({ length: Math.min(500, count - opened) }, () => idle(sockets)));
      expect((await stage.running.callAs('report', '/v1/tokens/orders')).status).toBe(200);
    }
    await expect.poll(() => sockets.size, { timeout: 20_000 }).toBeLessThanOrEqual(512);
    expect((await stage.running.callAs('dashboard', '/api/v2/clients')).status).toBe(200);
  }, 60_000);
});

describe('hundreds of requests whose bodies never come', () => {
  it('keep nobody out, and end no upload that is on its way', async () => {
    const arrived = new Promise<void>((resolve) => {
      stage.answer = async (_request, response, read) => {
        resolve();
        response.end(await read());
      };
    });
    const port = portOf(stage.running.url);
    const upload = connect(port, '127.0.0.1');
    const owing: Socket[] = [];
    upload.write(`${head('POST /api/v2/clients HTTP/1.1', 'Content-Length: 10', 'Connection: close')}begun`);
    await arrived;
    while (owing.length < 300) {
      const socket = connect(port, '127.0.0.1');
      owing.push(socket.on('error', () => undefined));
      // `Expect` is answered, which tells that the request has arrived.
      socket.write(`POST /oauth/token HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n`);
      await once(socket, 'data');
    }
    expect((await stage.running.callAs('report', '/v1/tokens/orders')).status).toBe(200);
    upload.write('ended');
    let text = '';
    for await (const part of upload.setEncoding('latin1')) text += String(part);
    expect(text).toMatch(/^HTTP\/1\.1 200 .*begunended/s);
    // Else the agent would wait for them when it stops.
    for (const socket of owing) socket.destroy();
  }, 60_000);
});

function idle(sockets: Set<Socket>): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(portOf(stage.running.url), '127.0.0.1');
    sockets.add(socket);
    socket.on('connect', () => resolve()).on('error', () => resolve());
    socket.on('close', () => sockets.delete(socket)).resume();
  });
}

/** How many files this process may open; connections take two each, for both ends are here. */
async function openFilesLimit(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? 1_024);
}
