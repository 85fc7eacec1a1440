const SAMPLE_MS = 40;
const WARM_UP_MS = 250;
/** Allocation is measured without a collection between: at most so many bytes of the young generation. */
const ALLOCATION_BYTES = 8 * 2 ** 20;

// Each kind has a loop of its own (another URL is another copy of the module): a shared one would be compiled for all of them at once.
/** Samples of reads that are awaited, one after the other. */
export async function awaited(name, read) {
  const { awaitEach } = await import(`./read-loops.mjs?for=${name}`);
  return sampleOf((count) => awaitEach(read, count));
}

/** Samples of reads that answer at once. */
export async function called(name, read) {
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
