// A load that also reaches unix sockets, which wrk does not: node loader-process.mjs, then called over the channel.
import { connect } from 'node:net';
import { openChannel } from '../channel.mjs';

const headEnd = Buffer.from('\r\n\r\n');
const good = Buffer.from('HTTP/1.1 200 ');

process.on('disconnect', () => process.exit(0));

openChannel(process, {
  /**
   * Sends `request` (whole, as text) over `connections` to `place` (of `net.connect`), one after the other on each, for `ms` or `count` times in all.
   * Answers requests and the ms they took; rejects where an answer is not 200 with a length.
   */
  load({ place, request, connections, ms = Number.POSITIVE_INFINITY, count = Number.POSITIVE_INFINITY }) {
    const bytes = Buffer.from(request);
    return new Promise((resolve, reject) => {
      let [asked, answered, open] = [0, 0, connections];
      const begun = performance.now();
      const done = new WeakSet();
      const ask = (socket) => {
        if (asked >= count || performance.now() - begun >= ms) {
          done.add(socket);
          socket.end();
          open -= 1;
          if (open === 0) resolve({ requests: answered, ms: performance.now() - begun });
          return;
        }
        asked += 1;
        socket.write(bytes);
      };
      for (let i = 0; i < connections; i += 1) {
        const socket = connect(place, () => ask(socket)).setNoDelay(true);
        readAnswers(socket, () => {
          answered += 1;
          ask(socket);
        });
        socket.on('error', reject);
        socket.on('close', () => done.has(socket) || reject(new Error('A connection was closed before its answer came.')));
      }
    });
  },
});

/** Calls `onAnswer` after each answer that has come whole. */
function readAnswers(socket, onAnswer) {
  let held = Buffer.alloc(0);
  let left = 0;
  socket.on('data', (part) => {
    if (left > 0) left -= part.length;
    else {
      held = held.length === 0 ? part : Buffer.concat([held, part]);
      const end = held.indexOf(headEnd);
      if (end < 0) return;
      const length = /\r\ncontent-length: (\d+)/i.exec(held.latin1Slice(0, end))?.[1];
      if (!held.subarray(0, good.length).equals(good) || length === undefined) {
        return void socket.destroy(new Error(`An answer is not as it should be: ${held.latin1Slice(0, end)}`));
      }
      left = end + headEnd.length + Number(length) - held.length;
      held = Buffer.alloc(0);
    }
    if (left < 0) socket.destroy(new Error('An answer is longer than it says.'));
    else if (left === 0) onAnswer();
  });
}
