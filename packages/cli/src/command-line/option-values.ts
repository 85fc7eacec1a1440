/** A port, 0 to 65535. */
export function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new TypeError('A port is a number from 0 to 65535.');
}

/** Whole seconds, at least 1. */
export function secondsOf(text: string): number {
  const seconds = Number(text);
  if (/^\d{1,9}$/.test(text) && seconds >= 1) return seconds;
  throw new TypeError('Give whole seconds, at least 1.');
}
