import { awaited, called } from './read-samples.mjs';

/** Reads while a fresh token is held, one after the other, each awaited. */
export default {
  isVirtual: false,
  methods(subject) {
    let samples;
    return {
      async prepare(facts) {
        const { read, peek } = subject.make(facts);
        const token = await read();
        const shared = Promise.resolve(token);
        const until = Date.now() + 3_600_000;
        samples = {
          get: await awaited('get', read),
          promise: await awaited('promise', () => shared),
        };
        if (peek !== undefined) {
          samples.clockedPromise = await awaited('clocked-promise', () => (Date.now() < until ? shared : undefined));
          samples.peek = await called('peek', peek);
          samples.dateNow = await called('date-now', () => (Date.now() < until ? token : undefined));
        }
        for (const sample of Object.values(samples)) await sample.warmUp();
      },
      /** ns of one read, of each kind, one sample each. */
      async round() {
        const ns = {};
        for (const [name, sample] of Object.entries(samples)) ns[name] = await sample.nanoseconds();
        return ns;
      },
      async allocation() {
        const bytes = {};
        for (const [name, sample] of Object.entries(samples)) bytes[name] = await sample.bytes();
        return bytes;
      },
    };
  },
};
