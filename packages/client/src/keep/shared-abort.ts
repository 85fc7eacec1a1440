interface Shared {
  readonly calls: Set<() => void>;
  readonly listener: () => void;
}

const listened = new WeakMap<AbortSignal, Shared>();

/**
 * Calls `call` once when `signal` is aborted; the answer ends that. However many wait for one signal, it has one listener: Node.js takes more than ten for a
 * leak.
 */
export function onAbort(signal: AbortSignal, call: () => void): () => void {
  const { calls, listener } = listened.get(signal) ?? listenTo(signal);
  // Its own, so that the same function given twice is called twice.
  const own = () => call();
  calls.add(own);
  return () => {
    if (!calls.delete(own) || calls.size > 0) return;
    signal.removeEventListener('abort', listener);
    listened.delete(signal);
  };
}

function listenTo(signal: AbortSignal): Shared {
  const calls = new Set<() => void>();
  const listener = () => {
    for (const call of [...calls]) call();
  };
  const shared = { calls, listener };
  signal.addEventListener('abort', listener);
  listened.set(signal, shared);
  return shared;
}
