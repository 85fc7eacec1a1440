import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const script = fileURLToPath(new URL('load.lua', import.meta.url));

/**
 * Loads `url` for `seconds` (whole) over `connections` with the token requests of the file `bodies`, one after the other on each: requests a second, and
 * the median and 99th percentile of the time of an answer, µs.
 * @throws where any answer was not 2xx or did not come
 */
export async function loadWith(url, { connections, seconds, bodies }) {
  const options = { env: { ...process.env, BENCH_BODIES: bodies } };
  const { stdout } = await run('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, url], options);
  const { requests, microseconds, errors, p50, p99 } = JSON.parse(stdout.trim().split('\n').at(-1));
  if (errors > 0) throw new Error(`wrk had ${errors} errors at ${url}:\n${stdout}`);
  return { perSecond: (requests * 1e6) / microseconds, p50, p99, p99OverP50: p99 / p50 };
}
