import { subscribe } from 'node:diagnostics_channel';
import FakeTimers from '@sinonjs/fake-timers';

/** When virtual time begins; a whole hour. */
const START_MS = Date.UTC(2026, 0, 1);
/** After the end of a request, or while a caller waits, nothing may begin for so long before time goes on. */
const QUIET_MS = 2;

const realImmediate = setImmediate;
const realNow = performance.now.bind(performance);

/**
 * Replaces Date, timers and performance.now of this process. Sockets keep real time, so virtual time stands still while a request is on
 * its way: an answer takes none.
 */
export function installVirtualTime() {
  const clock = FakeTimers.install({
    now: START_MS,
    toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'hrtime'],
    loopLimit: 1_000_000,
  });
  const work = watchWork();
  const time = {
    realNow,
    /** Ends when no request is on its way and none came for a moment; `isWaiting` tells whether something else is still awaited. */
    async settle(isWaiting = () => false) {
      const before = work.ended;
      let quietSince = realNow();
      let turns = 0;
      for (;;) {
        await new Promise((resolve) => realImmediate(resolve));
        turns += 1;
        if (work.isBusy()) quietSince = realNow();
        else if (turns > 2 && work.ended === before && !isWaiting()) return;
        else if (realNow() - quietSince > QUIET_MS) return;
      }
    },
    /** Lets `ms` pass, from timer to timer, waiting for the network after each. */
    async pass(ms, isWaiting) {
      let hasArrived = false;
      setTimeout(() => {
        hasArrived = true;
      }, ms);
      while (!hasArrived) {
        clock.next();
        await time.settle(isWaiting);
      }
    },
  };
  return time;
}

/** Counts what virtual time must wait for: requests of `fetch` (undici) and of node:http, digests and signatures of the Web Crypto API. */
function watchWork() {
  const open = new Set();
  const work = { ended: 0, isBusy: () => open.size > 0 };
  const end = (one) => {
    if (open.delete(one)) work.ended += 1;
  };
  subscribe('undici:request:create', ({ request }) => open.add(request));
  subscribe('undici:request:trailers', ({ request }) => end(request));
  subscribe('undici:request:error', ({ request }) => end(request));
  subscribe('http.client.request.start', ({ request }) => {
    open.add(request);
    request.once('close', () => end(request));
  });
  const subtle = Object.getPrototypeOf(globalThis.crypto.subtle);
  for (const name of ['digest', 'sign', 'importKey']) {
    const original = subtle[name];
    subtle[name] = function (...args) {
      const job = original.apply(this, args);
      open.add(job);
      const ended = () => end(job);
      job.then(ended, ended);
      return job;
    };
  }
  return work;
}
