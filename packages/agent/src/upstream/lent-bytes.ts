const eachBytes = 65_536;
/** So many lie ready at most: 4 MiB. */
const mostSpare = 64;
/** Shorter copies cost Node nothing to speak of. */
const shortest = 4_096;
const spare: Buffer[] = [];

/**
 * A copy of `bytes`, to be given back by {@link giveBack} when nobody needs it any more. Copies of some length are made in memory that is used again
 * and again: new memory for each part of a body would cost more, in page faults and in garbage, than all the rest that is done with it.
 */
export function lendCopy(bytes: Buffer): Buffer {
  if (bytes.length < shortest || bytes.length > eachBytes) return Buffer.from(bytes);
  const memory = spare.pop() ?? Buffer.allocUnsafeSlow(eachBytes);
  bytes.copy(memory);
  return memory.subarray(0, bytes.length);
}

/** Takes a copy back; what is never given back is garbage like any other. */
export function giveBack(copy: Buffer): void {
  if (copy.length < shortest || copy.length > eachBytes || spare.length >= mostSpare) return;
  spare.push(Buffer.from(copy.buffer));
}
