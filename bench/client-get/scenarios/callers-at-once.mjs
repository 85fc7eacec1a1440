/** Many callers in the same moment: of a process that holds no token, or whose token came to its end while nobody asked. */
export default {
  isVirtual: true,
  methods(subject, time) {
    let made;
    return {
      make(facts) {
        made = subject.make(facts);
      },
      /** One read, then a time without any. */
      async warmAndPass({ seconds }) {
        await made.read();
        await time.settle();
        await time.pass(seconds * 1000);
      },
      async callAtOnce({ callers }) {
        const begun = time.realNow();
        const outcomes = await Promise.allSettled(Array.from({ length: callers }, () => made.read()));
        const ms = time.realNow() - begun;
        const given = outcomes.filter(({ status }) => status === 'fulfilled').map(({ value }) => made.tokenOf(value));
        return { ms, errors: callers - given.length, tokens: new Set(given).size };
      },
    };
  },
};
