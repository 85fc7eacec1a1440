/** Awaits `count` reads, one after the other. */
export async function awaitEach(read, count) {
  for (let i = 0; i < count; i += 1) await read();
}

/** Makes `count` synchronous reads; counts what came, so that none can be left out. */
export function callEach(read, count) {
  let seen = 0;
  for (let i = 0; i < count; i += 1) if (read() !== undefined) seen += 1;
  return seen;
}
