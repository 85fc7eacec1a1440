/**
 * Calls between this process and `peer` (a child, or `process` in a child), in both directions. Answers a function that calls
 * `method(argument)` over there; it rejects when the other side throws or goes away.
 */
export function openChannel(peer, methods) {
  const waiting = new Map();
  let calls = 0;
  let gone;

  async function answer({ id, method, argument }) {
    try {
      peer.send({ answerTo: id, result: await methods[method](argument) });
    } catch (error) {
      peer.send({ answerTo: id, error: error?.stack ?? String(error) });
    }
  }

  peer.on('message', (message) => {
    if (message.method !== undefined) {
      void answer(message);
      return;
    }
    const { resolve, reject } = waiting.get(message.answerTo);
    waiting.delete(message.answerTo);
    if (message.error === undefined) resolve(message.result);
    else reject(new Error(message.error));
  });
  peer.on('disconnect', () => {
    gone = new Error('The other process went away.');
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
  });

  return (method, argument) =>
    new Promise((resolve, reject) => {
      if (gone !== undefined) return reject(gone);
      calls += 1;
      waiting.set(calls, { resolve, reject });
      peer.send({ id: calls, method, argument });
    });
}
