/** A caller now and again while time passes; every token given out is looked at. */
export default {
  isVirtual: true,
  methods(subject, time) {
    return {
      async run({ facts, seconds, everySeconds }) {
        const { read, tokenOf } = subject.make(facts);
        const counts = { reads: 0, errors: 0, expired: 0, leastSeconds: Number.POSITIVE_INFINITY };
        let waiting = 0;

        async function call() {
          waiting += 1;
          try {
            const left = secondsLeft(tokenOf(await read()));
            counts.leastSeconds = Math.min(counts.leastSeconds, left);
            if (left <= 0) counts.expired += 1;
          } catch {
            counts.errors += 1;
          } finally {
            waiting -= 1;
          }
        }

        const isWaiting = () => waiting > 0;
        for (let second = 0; second < seconds; second += everySeconds) {
          counts.reads += 1;
          void call();
          await time.settle(isWaiting);
          await time.pass(everySeconds * 1000, isWaiting);
        }
        // Whoever waits at the end of the day has no token.
        return { ...counts, errors: counts.errors + waiting };
      },
    };
  },
};

function secondsLeft(token) {
  const { exp } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
  return exp - Date.now() / 1000;
}
