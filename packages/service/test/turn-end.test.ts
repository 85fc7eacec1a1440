import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { atTurnEnd } from '../src/index.ts';
import { openListener } from '../src/listener.ts';

it('what is to be written in one turn of the event loop is written at its end, in the order in which it was given', async () => {
  const written: string[] = [];
  atTurnEnd(() => {
    written.push('first');
    atTurnEnd(() => written.push('of the next turn'));
  });
  atTurnEnd(() => written.push('second'));
  await Promise.resolve();
  expect(written).toEqual([]);
  await nextTurn();
  expect(written).toEqual(['first', 'second']);
  await nextTurn();
  expect(written).toEqual(['first', 'second', 'of the next turn']);
});

it('the answers to a pipeline come whole and in its order, the last one too where it ends the connection', async () => {
  const listener = await openListener(
    { kind: 'http', host: '127.0.0.1', port: 0 },
    {
      onError: () => undefined,
      handler(request, response) {
        const answer = (): void => {
          response.writeHead(200, request.url === '/3' ? { connection: 'close' } : {});
          response.write(`${request.url} begins, `);
          response.end(`${request.url} ends. `);
        };
        // The first is answered after the others.
        if (request.url === '/1') setImmediate(answer);
        else answer();
      },
    },
  );
  onTestFinished(() => listener.close(0));
  const socket = connect((listener.address as { port: number }).port, '127.0.0.1');
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes;
  });
  socket.write(['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`).join(''));
  await once(socket, 'close');
  expect(text.match(/\/\d \w+[,.]/g)).toEqual(['/1 begins,', '/1 ends.', '/2 begins,', '/2 ends.', '/3 begins,', '/3 ends.']);
});

it('a text that is all of a body comes whole, with its head, to each that asked for it, and its end is told', async () => {
  let ends = 0;
  const listener = await openListener(
    { kind: 'http', host: '127.0.0.1', port: 0 },
    {
      onError: () => undefined,
      handler(request, response) {
        const answer = (): void => {
          response.writeHead(200, ['content-length', '4', ...(request.url === '/3' ? ['connection', 'close'] : [])]);
          response.end(`${request.url} \xe9`, 'latin1', () => {
            ends += 1;
          });
        };
        if (request.url === '/1') setImmediate(answer);
        else answer();
      },
    },
  );
  onTestFinished(() => listener.close(0));
  const socket = connect((listener.address as { port: number }).port, '127.0.0.1').setEncoding('latin1');
  let text = '';
  socket.on('data', (part) => {
    text += part;
  });
  const asked = [
    ['GET', '/1'],
    ['HEAD', '/2'],
    ['GET', '/3'],
  ];
  socket.write(asked.map(([method, path]) => `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`).join(''));
  await once(socket, 'close');
  expect(text.split('HTTP/1.1 200 OK').map((answer) => answer.slice(answer.indexOf('\r\n\r\n') + 4))).toEqual([
    '',
    '/1 \xe9',
    '',
    '/3 \xe9',
  ]);
  expect(ends).toBe(3);
});
