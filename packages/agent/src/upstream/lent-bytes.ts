const eachBytes = 65_536;
/** How many buffers are kept for the next use at most: 4 MiB in all. */
const mostSpare = 64;
/** Shorter copies, bytes, are made in new memory, which costs Node next to nothing. */
const shortest = 4_096;
const spare: Buffer[] = [];

/**
 * A copy of `bytes`, to be given back by {@link giveBack} when it is no longer needed. Longer copies are made in memory that is used again: new memory for
 * each part of a body would cost more, in page faults and garbage, than everything else that is done with it.
 */
export function lendCopy(bytes: Buffer): Buffer {
  if (bytes.length < shortest || bytes.length > eachBytes) return Buffer.from(bytes);
  const memory = spare.pop() ?? Buffer.allocUnsafeSlow(eachBytes);
  bytes.copy(memory);
  return memory.subarray(0, bytes.length);
}

/** Takes a copy back. One that is never given back is collected as garbage like any other. */
export function giveBack(copy: Buffer): void {
  if (copy.length < shortest || copy.length > eachBytes || spare.length >= mostSpare) return;
  spare.push(Buffer.from(copy.buffer));
}
