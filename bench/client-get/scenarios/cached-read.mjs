const SAMPLE_MS = 40;
const WARM_UP_MS = 250;
/** Allocation is measured without a collection between: at most so many bytes of the young generation. */
const ALLOCATION_BYTES = 8 * 2 ** 20;

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

// Each kind has a loop of its own (another URL is another copy of the module): a shared one would be compiled for all of them at once.
async function awaited(name, read) {
  const { awaitEach } = await import(`./read-loops.mjs?for=${name}`);
  return sampleOf((count) => awaitEach(read, count));
}

async function called(name, read) {
  const { callEach } = await import(`./read-loops.mjs?for=${name}`);
  return sampleOf(async (count) => callEach(read, count));
}

function sampleOf(run) {
  let count = 1;
  const timed = async (n) => {
    const begun = performance.now();
    await run(n);
    return performance.now() - begun;
  };
  return {
    /** Until the code is compiled, and it is known how many reads fill a sample. */
    async warmUp() {
      const begun = performance.now();
      let ms = 0;
      while (performance.now() - begun < WARM_UP_MS || ms < SAMPLE_MS / 4) {
        ms = await timed(count);
        if (ms < SAMPLE_MS / 4) count *= 2;
        else count = Math.max(1, Math.round((count * SAMPLE_MS) / ms));
      }
    },
    async nanoseconds() {
      globalThis.gc();
      return (1e6 * (await timed(count))) / count;
    },
    /** Bytes allocated by one read; a sample in which a collection ran is too small, so fewer reads are tried. */
    async bytes() {
      for (let n = Math.min(count, 100_000); ; n = Math.ceil(n / 4)) {
        globalThis.gc();
        const before = process.memoryUsage().heapUsed;
        await run(n);
        const bytes = process.memoryUsage().heapUsed - before;
        if ((bytes >= 0 && bytes <= ALLOCATION_BYTES) || n === 1) return Math.max(0, bytes) / n;
      }
    },
  };
}
