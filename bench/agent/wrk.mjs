import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const script = fileURLToPath(new URL('load.lua', import.meta.url));

/**
 * Loads `url` for `seconds` (whole) over `connections`, one request after the other on each: requests a second, and the median and 99th percentile of
 * the time of an answer, µs.
 * @throws where any answer was not 2xx or did not come
 */
export async function wrk(url, { connections, seconds, method = 'GET', headers = {}, body }) {
  const { authorization, 'content-type': type } = headers;
  const told = { BENCH_METHOD: method, BENCH_BODY: body, BENCH_AUTHORIZATION: authorization, BENCH_CONTENT_TYPE: type };
  const options = { env: { ...process.env, ...told } };
  const { stdout } = await run('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url], options);
  const { requests, microseconds, errors, p50, p99 } = JSON.parse(stdout.trim().split('\n').at(-1));
  if (errors > 0) throw new Error(`wrk had ${errors} errors at ${url}:\n${stdout}`);
  return { requests, perSecond: (requests * 1e6) / microseconds, p50, p99 };
}

/** Ends the bench with a word where a program that it takes is not there. */
export function needPrograms(say, ...names) {
  const missing = names.filter((name) => spawnSync(name, ['-v'], { stdio: 'ignore' }).error !== undefined);
  if (missing.length === 0) return;
  say(`this bench takes ${missing.join(' and ')}; on Debian: apt-get install ${missing.join(' ')}.`);
  process.exit(1);
}
