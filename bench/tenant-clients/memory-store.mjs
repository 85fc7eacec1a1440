/** Newest log entries that stay, as with the others. */
const MOST_LOGS = 100_000;

/** A store of what issuing tokens reads and writes, which keeps all of it in memory and nothing beyond the process: the least that a store can cost. */
export function memoryStore(records) {
  const usage = new Map();
  const assertions = new Set();
  let logs = [];
  return {
    issuing: async () => records,
    setting: async (name) => records.settings[name],
    // Nobody writes to it.
    onChange: () => undefined,
    async appendLogs(runs) {
      logs.push(...runs);
      if (logs.length > 2 * MOST_LOGS) logs = logs.slice(-MOST_LOGS);
    },
    isLogKept: async (id) => logs.some((run) => run.id === id),
    pruneLogs: async () => undefined,
    async addUsage(entries) {
      for (const { bucket, windowStartMs, count } of entries) {
        const name = `${bucket} ${windowStartMs}`;
        usage.set(name, (usage.get(name) ?? 0) + count);
      }
    },
    usageSince: async () => [],
    pruneUsage: async () => undefined,
    async claimAssertion(clientId, jti) {
      const name = `${clientId} ${jti}`;
      const isFirst = !assertions.has(name);
      assertions.add(name);
      return isFirst;
    },
    pruneAssertions: async () => undefined,
    close: async () => undefined,
  };
}
